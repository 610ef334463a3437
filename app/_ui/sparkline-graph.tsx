import type { ReactNode } from "react";
import { type SparkPoint, sparkPath, sparkRange } from "./sparkline.ts";

/** The last minutes of a value as one line without axes; decoration beside a number, hidden from readers. */
export function Sparkline(props: {
  points: readonly SparkPoint[];
  from: number;
  to: number;
  gapMs: number;
  least: number;
}): ReactNode {
  const { points, from, to, gapMs, least } = props;
  const range = sparkRange(points, least);
  const d = sparkPath(points, { from, to, ...range, width: 100, height: 30 }, gapMs);
  return (
    <svg className="sparkline" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}
