import type { ReactElement, ReactNode } from "react";
import type { StateWord } from "./state-mark.tsx";

export interface RibbonPart {
  readonly start: number;
  readonly end: number;
  readonly word: StateWord;
}

/**
 * What a machine did over a stretch of time, from left to right in every language: filled = ran, half = set-up,
 * low = waited, open box = stood, hatch = nothing known. `label` says the same in a sentence.
 */
export function StateRibbon(props: {
  parts: readonly RibbonPart[];
  from: number;
  to: number;
  label: string;
  /** Names the hatch pattern; unique on the page. */
  id: string;
}): ReactNode {
  const { parts, from, to, label, id } = props;
  const x = (at: number) => ((Math.min(to, Math.max(from, at)) - from) / Math.max(1, to - from)) * 1000;
  return (
    <svg className="ribbon" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={label}>
      <defs>
        <pattern id={id} width="8" height="28" patternUnits="userSpaceOnUse" patternTransform="skewX(-35)">
          <rect width="2.4" height="28" fill="var(--stale)" />
        </pattern>
      </defs>
      {parts
        .filter((part) => part.end > from && part.start < to)
        .map((part) => {
          const left = x(part.start);
          // A stop of a minute must not vanish on eight hours.
          const width = Math.max(1.5, x(part.end) - left);
          return <Part key={part.start} word={part.word} x={left} width={width} hatch={`url(#${id})`} />;
        })}
    </svg>
  );
}

function Part(props: { word: StateWord; x: number; width: number; hatch: string }): ReactElement {
  const { word, x, width, hatch } = props;
  switch (word) {
    case "running":
      return <rect className="filled" x={x} width={width} y={0} height={100} />;
    case "setup":
      return <rect className="half" x={x} width={width} y={50} height={50} />;
    case "idle":
    case "starved":
    case "blocked":
      return <rect className="low" x={x} width={width} y={66} height={34} />;
    case "stopped":
    case "fault":
      return <rect className="open" x={x} width={width} y={4} height={92} />;
    case "no_data":
      return <rect x={x} width={width} y={0} height={100} fill={hatch} />;
  }
}
