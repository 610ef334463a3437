"use client";

import { useLocale } from "next-intl";
import type { ReactNode } from "react";
import {
  Bar,
  BarChart,
  CartesianGrid,
  LabelList,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatShare } from "#app/_lib/format.ts";

export interface OeeBar {
  readonly key: string;
  /** A day, a shift, a machine. */
  readonly name: string;
  /** Shares, 1 = 100 %; null = nothing to divide by: no bar, and never a zero. */
  readonly oee: number | null;
  readonly availability: number | null;
  readonly performance: number | null;
  readonly quality: number | null;
}

/** OEE of a row of days, shifts or machines against its target. A report's chart; it does not move. */
export function OeeBars(props: {
  label: string;
  rows: readonly OeeBar[];
  words: { oee: string; availability: string; performance: string; quality: string; target: string };
  target: number | null;
  height?: number;
}): ReactNode {
  const locale = useLocale();
  const { rows, words, target, height = 260 } = props;
  const percent = (value: number) => formatShare(locale, value, 0);
  return (
    <figure aria-label={props.label} className="[direction:ltr]" style={{ height }}>
      <ResponsiveContainer width="100%" height="100%">
        <BarChart data={rows} margin={{ top: 20, right: 8, bottom: 0, left: 0 }} accessibilityLayer>
          <CartesianGrid vertical={false} stroke="var(--hairline)" />
          <XAxis
            dataKey="name"
            stroke="var(--line)"
            tick={{ fill: "var(--ink-2)", fontSize: 12 }}
            tickLine={false}
          />
          <YAxis
            domain={[0, (top: number) => Math.max(1, top)]}
            tickFormatter={percent}
            width={48}
            stroke="var(--line)"
            tick={{ fill: "var(--ink-2)", fontSize: 12 }}
            tickLine={false}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: "var(--band)", opacity: 0.5 }}
            content={({ active, payload }) =>
              tooltip(active, payload[0]?.payload as OeeBar | undefined, words, locale)
            }
          />
          {target !== null && (
            <ReferenceLine
              y={target}
              stroke="var(--ink)"
              strokeDasharray="5 4"
              label={{ value: words.target, position: "insideTopRight", fill: "var(--ink-2)", fontSize: 12 }}
            />
          )}
          <Bar dataKey="oee" fill="var(--filled)" isAnimationActive={false} maxBarSize={44}>
            {rows.length <= 16 && (
              <LabelList
                dataKey="oee"
                position="top"
                formatter={(value) => (typeof value === "number" ? percent(value) : "")}
                fill="var(--ink)"
                fontSize={12}
              />
            )}
          </Bar>
        </BarChart>
      </ResponsiveContainer>
    </figure>
  );
}

function tooltip(
  active: boolean,
  row: OeeBar | undefined,
  words: { oee: string; availability: string; performance: string; quality: string },
  locale: string,
): ReactNode {
  if (!active || row === undefined) return null;
  const lines = [
    [words.oee, row.oee],
    [words.availability, row.availability],
    [words.performance, row.performance],
    [words.quality, row.quality],
  ] as const;
  return (
    <div className="d-popup px-3 py-2 text-sm">
      <p className="font-semibold">{row.name}</p>
      {lines.map(([word, share]) => (
        <p key={word} className="flex justify-between gap-6">
          <span className="text-ink-2">{word}</span>
          <span>{share === null ? "–" : formatShare(locale, share)}</span>
        </p>
      ))}
    </div>
  );
}
