"use client";

import { useLocale } from "next-intl";
import type { ReactNode } from "react";
import { CartesianGrid, Legend, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatShare } from "#app/_lib/format.ts";

export interface RatioSeries {
  readonly key: string;
  readonly name: string;
  /** The one the chart is about is drawn strong. */
  readonly strong?: boolean;
}

/** Dashes tell the lines apart where grey alone does not. */
const dashes = ["", "7 3", "2 3", "9 3 2 3"] as const;

/** Ratios over days (0 … 1; null = no figure that day, and the line is broken there). Slow figures only. */
export function RatioChart(props: {
  rows: readonly Readonly<Record<string, string | number | null>>[];
  /** The field that names the place on the axis. */
  x: string;
  series: readonly RatioSeries[];
  label: string;
}): ReactNode {
  const locale = useLocale();
  const { rows, x, series, label } = props;
  const percent = (value: number) => formatShare(locale, value, 0);
  return (
    <figure role="img" aria-label={label} className="h-72 w-full" dir="ltr">
      <ResponsiveContainer width="100%" height="100%">
        <LineChart data={[...rows]} margin={{ top: 8, right: 16, bottom: 4, left: 0 }} accessibilityLayer>
          <CartesianGrid stroke="var(--hairline)" vertical={false} />
          <XAxis dataKey={x} stroke="var(--ink-2)" fontSize={12} tickMargin={6} minTickGap={24} />
          <YAxis
            stroke="var(--ink-2)"
            fontSize={12}
            tickFormatter={percent}
            width={48}
            domain={[0, (max: number) => Math.max(1, max)]}
          />
          <Tooltip
            formatter={(value) => (typeof value === "number" ? formatShare(locale, value, 1) : "–")}
            contentStyle={{ background: "var(--raised)", borderColor: "var(--line)", color: "var(--ink)" }}
            isAnimationActive={false}
          />
          <Legend />
          {series.map((line, i) => (
            <Line
              key={line.key}
              dataKey={line.key}
              name={line.name}
              type="linear"
              stroke={line.strong === true ? "var(--ink)" : "var(--line)"}
              strokeWidth={line.strong === true ? 2.5 : 1.5}
              strokeDasharray={dashes[i % dashes.length] ?? ""}
              dot={{ r: line.strong === true ? 2.5 : 0 }}
              connectNulls={false}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ResponsiveContainer>
    </figure>
  );
}
