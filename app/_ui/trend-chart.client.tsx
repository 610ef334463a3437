"use client";
"use no memo"; // uPlot is driven by hand through refs, which the React Compiler must not rearrange.

import "uplot/dist/uPlot.min.css";
import { Download, ZoomIn, ZoomOut } from "lucide-react";
import { useLocale, useTimeZone, useTranslations } from "next-intl";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { toCsv } from "#server/core/csv.rules.ts";
import { downloadText } from "#app/_lib/download.client.ts";
import { formatClock, formatDayTime, formatNumber, formatZone } from "#app/_lib/format.ts";
import { Button } from "./desk/button.client.tsx";
import { columnsOf, nearest, type TrendBand, type TrendMark, type TrendSeries } from "./trend-data.ts";
import { type PlotInput, plotOptions } from "./trend-plot.ts";

export interface TrendChartProps {
  /** Says what is drawn, for readers and as the file name of the export. */
  readonly label: string;
  readonly series: readonly TrendSeries[];
  readonly from: number;
  readonly to: number;
  readonly bands?: readonly TrendBand[];
  readonly marks?: readonly TrendMark[];
  /** The normal band of the first series. */
  readonly normal?: { readonly low: number; readonly high: number } | null;
  /** Another stretch of time was chosen, by dragging or with + and −. */
  readonly onRange?: (from: number, to: number) => void;
  readonly height?: number;
}

const day = 86_400_000;

/**
 * A long or live trend. Drag or + and − zoom, arrow keys walk from point to point, the point under the cursor
 * is told in words, and the same values stand in a table and a CSV. Gaps are gaps; nothing is smoothed.
 */
export function TrendChart(props: TrendChartProps): ReactNode {
  const { series, from, to, bands = [], marks = [], normal = null, onRange, height = 320 } = props;
  const t = useTranslations("app.trend");
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const input: PlotInput = {
    series,
    bands,
    marks,
    normal,
    from,
    to,
    timeZone,
    formatTime: (at, span) =>
      span > 2 * day
        ? formatDayTime(locale, timeZone, at)
        : formatClock(locale, timeZone, at, span < 600_000),
    formatValue: (value, decimals) => formatNumber(locale, value, decimals),
  };
  const latest = useRef(input);
  const ranged = useRef(onRange);
  useEffect(() => {
    latest.current = input;
    ranged.current = onRange;
  });
  const columns = series.map(columnsOf) as uPlot.AlignedData[];
  const data = columns.length === 0 ? ([[]] as uPlot.AlignedData) : uPlot.join(columns);
  const times: readonly number[] = Array.from(data[0] ?? []);
  const shape = `${locale} ${String(bands.length > 0)} ${series.map((s) => `${s.key}:${s.unit ?? ""}:${String(s.min !== undefined)}`).join()} ${[...new Set(bands.map((b) => b.lane))].join()}`;

  // Another set of lines, language, theme or width makes another plot; new data only fills the one there is.
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const make = () => {
      plot.current?.destroy();
      const size = { width: Math.max(200, element.clientWidth), height };
      const options = plotOptions(element, size, () => latest.current, {
        onCursor: setCursor,
        onZoom: (a, b) => ranged.current?.(a, b),
      });
      plot.current = new uPlot(options, data, element);
    };
    make();
    const sized = new ResizeObserver(() => {
      if (plot.current !== null && plot.current.width !== element.clientWidth)
        plot.current.setSize({ width: Math.max(200, element.clientWidth), height });
    });
    sized.observe(element);
    const themed = new MutationObserver(make);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the data of the first drawing is enough here
  }, [shape, height]);
  useEffect(() => {
    plot.current?.setData(data);
  });

  const walk = (event: KeyboardEvent) => {
    const last = times.length - 1;
    const here = cursor ?? last;
    const steps: Record<string, number> = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last };
    const next = steps[event.key];
    if (next !== undefined && last >= 0) {
      event.preventDefault();
      const index = Math.min(last, Math.max(0, next));
      const u = plot.current;
      u?.setCursor({ left: u.valToPos(times[index] ?? 0, "x"), top: 0 });
      setCursor(index);
    }
    if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 0.5 : 2);
  };
  const zoom = (factor: number) => {
    const time = cursor === null ? undefined : times[cursor];
    const middle = time ?? (from + to) / 2;
    const half = ((to - from) * factor) / 2;
    onRange?.(middle - half, middle + half);
  };
  const at = (cursor === null ? undefined : times[cursor]) ?? times.at(-1);
  const read = (one: TrendSeries, ms: number) => {
    const index = nearest(one.at, ms);
    const value = index === null ? null : (one.value[index] ?? null);
    return value === null ? "–" : `${formatNumber(locale, value, one.decimals)} ${one.unit ?? ""}`.trim();
  };
  const exportCsv = () => {
    const rows = times.map((ms) => [
      new Date(ms).toISOString(),
      ...series.map((one) => one.value[one.at.indexOf(ms)] ?? null),
    ]);
    const heads = series.map((one) => (one.unit === null ? one.label : `${one.label} [${one.unit}]`));
    downloadText(`${props.label}.csv`, toCsv([t("time"), ...heads], rows));
  };

  return (
    <figure className="flex min-w-0 flex-col gap-2">
      <figcaption className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1">
        <div className="flex flex-wrap gap-x-5 gap-y-1" aria-live="polite">
          {at !== undefined && (
            <span className="text-ink-2">
              {formatDayTime(locale, timeZone, at, true)} {formatZone(locale, timeZone, at)}
            </span>
          )}
          {at !== undefined &&
            series.map((one, i) => (
              <span key={one.key} className="inline-flex items-center gap-2">
                <Dash index={i} steps={one.steps === true} />
                <bdi>{one.label}</bdi> <strong>{read(one, at)}</strong>
              </span>
            ))}
        </div>
        <div className="flex gap-1">
          {onRange !== undefined && (
            <>
              <Button size="small" tone="quiet" label={t("zoomIn")} onPress={() => zoom(0.5)}>
                <ZoomIn className="size-4" aria-hidden="true" />
              </Button>
              <Button size="small" tone="quiet" label={t("zoomOut")} onPress={() => zoom(2)}>
                <ZoomOut className="size-4" aria-hidden="true" />
              </Button>
            </>
          )}
          <Button size="small" tone="quiet" pressed={table} onPress={() => setTable(!table)}>
            {t("table")}
          </Button>
          <Button size="small" tone="quiet" onPress={exportCsv}>
            <Download className="size-4" aria-hidden="true" />
            {t("csv")}
          </Button>
        </div>
      </figcaption>
      {/* A picture that is walked with the arrow keys: what it shows is told above and stands in the table. */}
      <div
        ref={host}
        role="application"
        aria-label={`${props.label}. ${t("keys")}`}
        tabIndex={0} // oxlint-disable-line jsx-a11y/no-noninteractive-tabindex
        onKeyDown={walk}
        className="relative min-w-0 [direction:ltr]"
        style={{ height }}
      >
        {times.length === 0 && (
          <p className="absolute inset-0 z-10 flex items-center justify-center text-ink-2" dir="auto">
            {t("none")}
          </p>
        )}
      </div>
      {table && <TrendTable {...{ series, times: times, label: props.label }} />}
    </figure>
  );
}

function Dash(props: { index: number; steps: boolean }): ReactNode {
  const dash = props.steps ? "3 3" : ["", "6 3", "2 2", "8 2 2 2"][props.index % 4];
  return (
    <svg width="22" height="8" aria-hidden="true">
      <line x1="0" x2="22" y1="4" y2="4" stroke="currentColor" strokeWidth="2" strokeDasharray={dash} />
    </svg>
  );
}

/** The newest rows of what is drawn, for whoever cannot see the lines; the CSV has all of them. */
function TrendTable(props: {
  series: readonly TrendSeries[];
  times: readonly number[];
  label: string;
}): ReactNode {
  const t = useTranslations("app.trend");
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const newest = props.times.slice(-200).toReversed();
  return (
    <div className="max-h-80 overflow-auto">
      <table className="d-table">
        <caption className="sr-only">{props.label}</caption>
        <thead>
          <tr>
            <th>{t("time")}</th>
            {props.series.map((one) => (
              <th key={one.key} data-align="end">
                <bdi>{one.label}</bdi> {one.unit}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newest.map((at) => (
            <tr key={at}>
              <td>{formatDayTime(locale, timeZone, at, true)}</td>
              {props.series.map((one) => {
                const value = one.value[one.at.indexOf(at)] ?? null;
                return (
                  <td key={one.key} data-align="end">
                    {value === null ? "" : formatNumber(locale, value, one.decimals)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
