"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { read } from "#app/_lib/api.client.ts";
import { useNow } from "#app/_live/now.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { TrendChart } from "#app/_ui/trend-chart.client.tsx";
import type { TrendMark, TrendSeries } from "#app/_ui/trend-data.ts";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import type { MachineTag, MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { TrendView } from "#server/execution/tags/trend.contract.ts";

const spans = [5, 15, 60, 480] as const;
const points = 600;

/** A trend of one tag, asked for again every few seconds while it follows the clock. */
function useTrend(tagId: number | null, from: number, to: number) {
  return useQuery<TrendView>({
    queryKey: ["trend", tagId, from, to],
    queryFn: ({ signal }) =>
      read(
        `/tags/${String(tagId)}/readings?from=${String(from)}&to=${String(to)}&points=${String(points)}`,
        signal,
      ),
    enabled: tagId !== null,
    placeholderData: keepPreviousData,
  });
}

const seriesOf = (tag: MachineTag, trend: TrendView, steps: boolean): TrendSeries => ({
  key: String(tag.id),
  label: tag.name,
  unit: tag.unit,
  decimals: tag.decimals,
  at: trend.at,
  value: trend.value,
  ...(steps ? { steps } : { min: trend.min, max: trend.max }),
});

/** The chosen value over time with its set-point, what ran meanwhile, and every change that was made. */
export function MachineTrend(props: { machine: MachineView; tagId: number; minutes: number }): ReactNode {
  const { machine, tagId } = props;
  const t = useTranslations("office.machine");
  const [minutes, setMinutes] = useState(props.minutes);
  const [zoom, setZoom] = useState<{ from: number; to: number } | null>(null);
  // Eight hours need no second hand: the longer the span, the slower it follows.
  const now = useNow(minutes > 60 ? 30_000 : 3000);
  const { from, to } = zoom ?? { from: now - minutes * 60_000, to: now };
  const tag = machine.tags.find((one) => one.id === tagId);
  const setpoint = machine.tags.find((one) => one.id === tag?.setpointTagId);
  const trend = useTrend(tagId, from, to);
  const wished = useTrend(setpoint?.id ?? null, from, to);
  const { data: changes = [] } = useRecord<readonly AdjustmentSummary[]>({
    path: `/adjustments?machine=${machine.code}&show=all&limit=50`,
    scopes: [`machine:${String(machine.id)}`],
    topics: ["adjustment."],
  });
  if (tag === undefined) return null;

  const series: TrendSeries[] = [];
  if (trend.data !== undefined) series.push(seriesOf(tag, trend.data, false));
  if (setpoint !== undefined && wished.data !== undefined) series.push(seriesOf(setpoint, wished.data, true));
  const marks: TrendMark[] = changes
    .filter((one) => one.target.id === setpoint?.id && one.approvedBy.length > 0)
    .map((one) => ({
      at: one.approvedBy.at(-1)?.at ?? one.createdAt,
      label: `${String(one.oldValue)} → ${String(one.newValue)}`,
      kind: "setpoint",
    }));
  const bands = (trend.data?.bands ?? []).flatMap(
    ({ start, end, orderCode, productName, operation, lots }) => [
      { lane: t("lane.order"), start, end, label: `${orderCode} ${productName} · ${operation}` },
      ...(lots.length === 0
        ? []
        : [{ lane: t("lane.lots"), start, end, label: lots.map((lot) => lot.code).join(", ") }]),
    ],
  );
  const empty = trend.data !== undefined && trend.data.value.every((value) => value === null);
  const { normalLow, normalHigh } = tag;
  return (
    <section className="d-panel p-4" aria-labelledby="trend-title">
      <div className="flex flex-wrap items-center justify-between gap-3 pb-2">
        <h2 id="trend-title" className="font-semibold">
          {t("trend", { tag: tag.name })}
        </h2>
        <div className="flex gap-1" role="group" aria-label={t("range")}>
          {spans.map((span) => (
            <button
              key={span}
              type="button"
              className="d-tab"
              aria-current={zoom === null && span === minutes ? "true" : undefined}
              onClick={() => {
                setZoom(null);
                setMinutes(span);
              }}
            >
              {t("minutes", { minutes: span })}
            </button>
          ))}
        </div>
      </div>
      {trend.error !== null && <Notice kind="error" title={t("unread")} />}
      {trend.data === undefined && trend.error === null && <Skeleton lines={8} label={t("trendLoading")} />}
      {empty && <Notice kind="empty" title={t("trendEmpty")} />}
      {trend.data !== undefined && (
        <TrendChart
          label={`${machine.name} ${tag.name}`}
          series={series}
          from={from}
          to={to}
          bands={bands}
          marks={marks}
          normal={normalLow === null || normalHigh === null ? null : { low: normalLow, high: normalHigh }}
          onRange={(start, end) => setZoom({ from: Math.round(start), to: Math.round(end) })}
        />
      )}
    </section>
  );
}
