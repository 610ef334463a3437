import type { ReactElement, ReactNode } from "react";

/** Words of machine states that have a mark; any other word is drawn as "no data". */
export type StateWord =
  | "running"
  | "idle"
  | "stopped"
  | "fault"
  | "setup"
  | "starved"
  | "blocked"
  | "no_data";

/**
 * States are greys and shapes, never a hue: filled = runs, half = set-up, outline = stands, crossed = fault,
 * an arrow that does not come in or out = starved or blocked, dashes = nothing is known.
 */
export function StateMark(props: { word: StateWord; className?: string }): ReactNode {
  return (
    <svg
      viewBox="0 0 16 16"
      className={`mark ${props.className ?? ""}`}
      aria-hidden="true"
      data-word={props.word}
    >
      {shape(props.word)}
    </svg>
  );
}

const outline = { fill: "none", stroke: "currentColor", strokeWidth: 2 } as const;

function shape(word: StateWord): ReactElement {
  const box = <rect x="2" y="2" width="12" height="12" rx="1.5" {...outline} />;
  switch (word) {
    case "running":
      return <rect x="1" y="1" width="14" height="14" rx="2" fill="currentColor" />;
    case "setup":
      return (
        <>
          {box}
          <rect x="2" y="8" width="12" height="6" fill="currentColor" />
        </>
      );
    case "fault":
      return (
        <>
          {box}
          <path d="M5 5l6 6M11 5l-6 6" {...outline} />
        </>
      );
    case "stopped":
      return (
        <>
          {box}
          <path d="M5 8h6" {...outline} />
        </>
      );
    case "starved":
      return (
        <>
          {box}
          <path d="M0 8h7M5 5.5L7.5 8 5 10.5" {...outline} strokeWidth={1.6} />
        </>
      );
    case "blocked":
      return (
        <>
          {box}
          <path d="M8 8h5M11 4v8" {...outline} strokeWidth={1.6} />
        </>
      );
    case "idle":
      return box;
    case "no_data":
      return (
        <>
          <rect x="2" y="2" width="12" height="12" rx="1.5" {...outline} strokeDasharray="2.4 2" />
          <path d="M3 13L13 3" {...outline} strokeWidth={1.2} />
        </>
      );
  }
}
