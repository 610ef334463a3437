import type { ReactNode } from "react";

export interface SharePart {
  readonly key: string;
  readonly name: string;
  /** Any unit, the same for all; ≤ 0 is not drawn. */
  readonly value: number;
  /** The value as people read it. */
  readonly text: string;
  readonly look: "filled" | "half" | "light" | "open" | "hatched";
}

const looks: Record<SharePart["look"], string> = {
  filled: "bg-filled",
  half: "bg-line/60",
  light: "bg-band",
  open: "border border-line bg-raised",
  hatched: "hatched border border-hairline",
};

/** How a whole is made up, as one bar with its legend: greys and patterns, read aloud as a list. */
export function ShareBar(props: { parts: readonly SharePart[]; label: string; legend?: boolean }): ReactNode {
  const shown = props.parts.filter((part) => part.value > 0);
  const sum = shown.reduce((total, part) => total + part.value, 0);
  return (
    <div>
      <div className="flex h-6 w-full gap-px overflow-hidden rounded-sm" role="img" aria-label={props.label}>
        {shown.map((part) => (
          <div
            key={part.key}
            className={`h-full min-w-0.5 ${looks[part.look]}`}
            style={{ flexGrow: part.value / sum, flexBasis: 0 }}
            title={`${part.name}: ${part.text}`}
          />
        ))}
      </div>
      {props.legend !== false && (
        <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
          {shown.map((part) => (
            <li key={part.key} className="flex items-center gap-1.5">
              <span className={`size-3 flex-none rounded-sm ${looks[part.look]}`} aria-hidden="true" />
              {part.name} <bdi className="text-ink-2">{part.text}</bdi>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
