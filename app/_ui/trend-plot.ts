import uPlot from "uplot";
import { decimalsOf, type TrendBand, type TrendMark, type TrendSeries, valueRange } from "./trend-data.ts";

export interface PlotInput {
  readonly series: readonly TrendSeries[];
  readonly bands: readonly TrendBand[];
  readonly marks: readonly TrendMark[];
  readonly normal: { readonly low: number; readonly high: number } | null;
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
  readonly formatTime: (at: number, spanMs: number) => string;
  readonly formatValue: (value: number, decimals: number) => string;
}

export const laneHeight = 22;

/** Reads a colour of the theme in force; canvas knows no CSS variables. */
function colour(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

/** Lines are told apart by dash as well as by shade: one hue, no rainbow. */
const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

/** uPlot's options for a trend; `input` is read anew at each drawing, so that it may be exchanged. */
export function plotOptions(
  host: HTMLElement,
  size: { width: number; height: number },
  input: () => PlotInput,
  hooks: { onCursor: (index: number | null) => void; onZoom: (from: number, to: number) => void },
): uPlot.Options {
  const ink = colour(host, "--ink");
  const soft = colour(host, "--ink-2");
  const line = colour(host, "--hairline");
  const font = `12px ${getComputedStyle(host).fontFamily}`;
  const { series } = input();
  const scales = [...new Set(series.map((one) => one.unit ?? ""))];
  const lanes = () => [...new Set(input().bands.map((band) => band.lane))];
  return {
    ...size,
    ms: 1,
    padding: [lanes().length * laneHeight + 8, 12, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 }, y: false },
    tzDate: (at) => uPlot.tzDate(new Date(at), input().timeZone),
    scales: Object.fromEntries([
      ["x", { time: true, range: () => [input().from, input().to] as [number, number] }],
      ...scales.map((unit, i) => [
        unit,
        {
          range: (_: uPlot, low: number | null, high: number | null) =>
            valueRange(low, high, i === 0 ? input().normal : null),
        },
      ]),
    ]) as uPlot.Scales,
    axes: [
      {
        stroke: soft,
        font,
        grid: { stroke: line, width: 1 },
        ticks: { stroke: line, width: 1 },
        space: 80,
        values: (_, splits) => splits.map((at) => input().formatTime(at, input().to - input().from)),
      },
      ...scales.map((unit, i) => ({
        scale: unit,
        // uPlot counts sides from the top, clockwise: 1 = right, 3 = left.
        side: (i === 0 ? 3 : 1) as uPlot.Axis.Side,
        stroke: soft,
        font,
        size: 56,
        grid: { show: i === 0, stroke: line, width: 1 },
        ticks: { stroke: line, width: 1 },
        values: (_: uPlot, splits: number[]) => splits.map((v) => input().formatValue(v, decimalsOf(splits))),
      })),
    ],
    series: [
      {},
      ...series.flatMap((one, i) => {
        const stepped = one.steps === true;
        const dash = stepped ? [4, 4] : [...(dashes[i % dashes.length] ?? [])];
        const shown: uPlot.Series = {
          label: one.label,
          scale: one.unit ?? "",
          stroke: stepped ? soft : ink,
          width: stepped ? 1.5 : 1.75,
          dash,
          spanGaps: false,
          points: { show: false },
          ...(stepped ? { paths: stepPaths } : {}),
        };
        if (one.min === undefined || one.max === undefined) return [shown];
        const edge: uPlot.Series = {
          scale: one.unit ?? "",
          stroke: "transparent",
          width: 0,
          points: { show: false },
        };
        return [{ ...edge }, { ...edge }, shown];
      }),
    ],
    bands: spreadBands(series, `${soft}40`),
    hooks: {
      drawClear: [(u) => drawBehind(u, input(), { band: colour(host, "--band"), ink, soft, line, font })],
      draw: [(u) => drawMarks(u, input(), { ink, font, surface: colour(host, "--surface") })],
      setCursor: [(u) => hooks.onCursor(u.cursor.idx ?? null)],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, "x");
          const to = u.posToVal(u.select.left + u.select.width, "x");
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          hooks.onZoom(from, to);
        },
      ],
    },
  };
}

const stepPaths: uPlot.Series.PathBuilder = (u, seriesIndex, from, to) =>
  uPlot.paths.stepped?.({ align: 1 })(u, seriesIndex, from, to) ?? null;

/** The shade between least and greatest value of each bucket. */
function spreadBands(series: readonly TrendSeries[], fill: string): uPlot.Band[] {
  const bands: uPlot.Band[] = [];
  let index = 1;
  for (const one of series) {
    const spread = one.min !== undefined && one.max !== undefined;
    if (spread) bands.push({ series: [index + 1, index], fill });
    index += spread ? 3 : 1;
  }
  return bands;
}

interface Paint {
  readonly band: string;
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly font: string;
}

function drawBehind(u: uPlot, input: PlotInput, paint: Paint): void {
  const { ctx } = u;
  const ratio = devicePixelRatio;
  const { left, top, width, height } = u.bbox;
  const x = (ms: number) => Math.min(left + width, Math.max(left, u.valToPos(ms, "x", true)));
  ctx.save();
  const first = input.series[0];
  if (input.normal !== null && first !== undefined) {
    const scale = first.unit ?? "";
    const high = u.valToPos(input.normal.high, scale, true);
    const low = u.valToPos(input.normal.low, scale, true);
    ctx.fillStyle = paint.band;
    ctx.globalAlpha = 0.45;
    ctx.fillRect(left, Math.max(top, high), width, Math.min(top + height, low) - Math.max(top, high));
    ctx.globalAlpha = 1;
  }
  const lanes = [...new Set(input.bands.map((band) => band.lane))];
  ctx.font = paint.font.replace("12px", `${String(12 * ratio)}px`);
  ctx.textBaseline = "middle";
  // The axes leave theirs behind.
  ctx.textAlign = "left";
  for (const band of input.bands) {
    const from = x(band.start);
    const to = x(band.end ?? input.to);
    if (to <= left || from >= left + width || to - from < 1) continue;
    const lane = lanes.indexOf(band.lane);
    const y = top - (lanes.length - lane) * laneHeight * ratio;
    const h = (laneHeight - 4) * ratio;
    ctx.fillStyle = paint.band;
    ctx.fillRect(from, y, to - from, h);
    ctx.fillStyle = paint.soft;
    ctx.fillRect(from, y, Math.max(1, ratio), h + (top + height - y - h));
    ctx.save();
    ctx.beginPath();
    ctx.rect(from, y, to - from - 4 * ratio, h);
    ctx.clip();
    ctx.fillStyle = paint.ink;
    ctx.fillText(band.label, from + 6 * ratio, y + h / 2);
    ctx.restore();
  }
  ctx.restore();
}

function drawMarks(u: uPlot, input: PlotInput, paint: { ink: string; font: string; surface: string }): void {
  const { ctx } = u;
  const ratio = devicePixelRatio;
  const { left, top, width, height } = u.bbox;
  ctx.save();
  for (const mark of input.marks) {
    const x = Math.round(u.valToPos(mark.at, "x", true));
    if (x < left || x > left + width) continue;
    ctx.strokeStyle = paint.ink;
    ctx.fillStyle = paint.ink;
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.setLineDash([]);
    const r = 5 * ratio;
    const y = top + height - r - ratio;
    ctx.beginPath();
    if (mark.kind === "setpoint") {
      ctx.moveTo(x - r, y + r);
      ctx.lineTo(x + r, y + r);
      ctx.lineTo(x, y - r);
    } else if (mark.kind === "alarm") {
      ctx.moveTo(x, y - r);
      ctx.lineTo(x + r, y);
      ctx.lineTo(x, y + r);
      ctx.lineTo(x - r, y);
    } else {
      ctx.arc(x, y, r * 0.8, 0, Math.PI * 2);
    }
    ctx.closePath();
    ctx.fill();
    ctx.strokeStyle = paint.surface;
    ctx.stroke();
  }
  ctx.restore();
}
