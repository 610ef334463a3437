import { describe, expect, test } from "vitest";
import type { StateInterval } from "#server/execution/machine-state/machine-state.contract.ts";
import type { OeeCounts, TimeBuckets } from "./oee.contract.ts";
import {
  type DelayPart,
  noCounts,
  oeeRatios,
  oeeRuleVersion,
  oeeTimes,
  oeeView,
  poolOee,
} from "./oee.rules.ts";

const min = 60_000;
const percent = (ratio: number | null) => (ratio === null ? null : Math.round(ratio * 10_000) / 100);
const state = (start: number, end: number | null, word: StateInterval["word"]): StateInterval => ({
  start: start * min,
  end: end === null ? null : end * min,
  word,
  fault: null,
});
const delay = (start: number, end: number | null, flags: Partial<DelayPart> = {}): DelayPart => ({
  start: start * min,
  end: end === null ? null : end * min,
  stopStart: start * min,
  planned: false,
  changeover: false,
  code: "x",
  name: "x",
  ...flags,
});
const span = (start: number, end: number | null) => ({
  start: start * min,
  end: end === null ? null : end * min,
});
const made = (good: number, scrap: number, idealPerPart: number): OeeCounts => ({
  ...noCounts,
  good,
  scrap,
  idealMs: (good + scrap) * idealPerPart,
  idealGoodMs: good * idealPerPart,
});
const record = (buckets: TimeBuckets, counts: OeeCounts) => ({
  buckets,
  counts,
  reasons: [],
  ruleVersion: oeeRuleVersion,
  restated: 0,
  open: false,
  manual: false,
});

/** A shift of `busy` planned minutes of which the machine ran the first `run`; the rest is a stop with an order. */
function sheet(busy: number, run: number): TimeBuckets {
  return oeeTimes({
    from: 0,
    to: busy * min,
    planned: [span(0, busy)],
    breaks: [],
    states: [state(0, run, "running"), state(run, null, "stopped")],
    stops: run < busy ? [delay(run, null)] : [],
    jobs: [span(0, null)],
  }).buckets;
}

describe("worked sheets of the domain guide", () => {
  test("ISO example: 480 min planned, 60 down, 340 run, 20 set-up, 40 delay, 20 without order", () => {
    const { buckets } = oeeTimes({
      from: 0,
      to: 480 * min,
      planned: [span(0, 480)],
      breaks: [span(200, 260)],
      states: [
        state(0, 20, "setup"),
        state(20, 200, "running"),
        state(200, 260, "idle"),
        state(260, 420, "running"),
        state(420, 460, "fault"),
        state(460, 480, "idle"),
      ],
      stops: [delay(200, 260), delay(420, 480)],
      jobs: [span(0, 460)],
    });
    expect(buckets).toEqual({
      pot: 480 * min,
      plannedDown: 60 * min,
      noData: 0,
      pbt: 420 * min,
      apt: 340 * min,
      aust: 20 * min,
      adet: 40 * min,
      adot: 20 * min,
      microStop: 0,
    });
    // 320 produced, 310 good, 6 scrap, 4 to rework: what is not good right away is no good part here.
    const ratios = oeeRatios(buckets, made(310, 10, min));
    expect(percent(ratios.availability)).toBe(80.95);
    expect(percent(ratios.performance)).toBe(94.12);
    expect(percent(ratios.quality)).toBe(96.88);
    expect(percent(ratios.oee)).toBe(73.81);
    expect(percent(ratios.nee)).toBe(78.15);
    expect(percent(ratios.technicalEfficiency)).toBe(89.47);
    expect(percent(ratios.allocationEfficiency)).toBe(95.24);
    expect(percent(ratios.utilizationEfficiency)).toBe(85);
    expect(percent(ratios.setupRatio)).toBe(5.56);
  });

  test("oee.com example: 420 min planned, 47 down, 60 parts/min, 19,271 made, 423 rejects", () => {
    const ratios = oeeRatios(sheet(420, 373), made(18_848, 423, 1000));
    expect([ratios.availability, ratios.performance, ratios.quality, ratios.oee].map(percent)).toEqual([
      88.81, 86.11, 97.8, 74.79,
    ]);
    expect(ratios.oee).toBeCloseTo(18_848 / 60 / 420, 12);
  });

  test("two machines are pooled: 52.5 %, neither the mean of 70 % nor the product of averages", () => {
    const one = record(sheet(480, 240), made(228, 2, min));
    const two = record(sheet(60, 57), made(555, 5, min / 10));
    expect(percent(oeeView({ start: 0, end: 1 }, one).ratios.oee)).toBe(47.5);
    expect(percent(oeeView({ start: 0, end: 1 }, two).ratios.oee)).toBe(92.5);
    const { ratios } = oeeView({ start: 0, end: 1 }, poolOee([one, two]));
    expect(percent(ratios.oee)).toBe(52.5);
    expect(ratios.availability).toBeCloseTo(0.55, 4);
    expect(ratios.performance).toBeCloseTo(0.963, 4);
    expect(ratios.quality).toBeCloseTo(0.99126, 5);
  });

  test("with equal planned times the pool equals the mean: 68.72 %", () => {
    const good = [0.8022, 0.7005, 0.559].map((oee) =>
      record(sheet(455, 455), { ...noCounts, idealMs: 455 * min, idealGoodMs: oee * 455 * min }),
    );
    expect(percent(oeeView({ start: 0, end: 1 }, poolOee(good)).ratios.oee)).toBe(68.72);
  });
});

describe("how time is classified", () => {
  const whole = { from: 0, to: 100 * min, planned: [span(0, 100)], breaks: [], jobs: [span(0, null)] };

  test("a micro-stop stays run time and is shown apart; OEE does not change when it becomes a stop", () => {
    const states = [state(0, 40, "running"), state(40, 42, "stopped"), state(42, null, "running")];
    const micro = oeeTimes({ ...whole, states, stops: [] });
    const stop = oeeTimes({ ...whole, states, stops: [delay(40, 42)] });
    expect(micro).toMatchObject({
      microStops: 1,
      stops: 0,
      buckets: { apt: 100 * min, microStop: 2 * min, adet: 0 },
    });
    expect(stop).toMatchObject({
      microStops: 0,
      stops: 1,
      buckets: { apt: 98 * min, microStop: 0, adet: 2 * min },
    });
    const counts = made(90, 2, min);
    expect(oeeRatios(micro.buckets, counts).oee).toBe(oeeRatios(stop.buckets, counts).oee);
  });

  test("no data is its own bucket, in no ratio, and lowers completeness", () => {
    const { buckets } = oeeTimes({ ...whole, states: [state(0, 75, "running")], stops: [] });
    expect(buckets).toMatchObject({ apt: 75 * min, noData: 25 * min, pbt: 75 * min });
    const view = oeeView({ start: 0, end: 1 }, record(buckets, made(60, 0, min)));
    expect(view.ratios).toMatchObject({ availability: 1, completeness: 0.75 });
    expect(view.warnings).toEqual(["data_incomplete"]);
  });

  test("a stop with a planned reason is planned down, one with a changeover reason is set-up", () => {
    const states = [state(0, 50, "running"), state(50, null, "stopped")];
    const stops = [
      delay(50, 70, { planned: true }),
      delay(70, 90, { changeover: true, stopStart: 50 * min }),
      delay(90, null, { stopStart: 50 * min }),
    ];
    const { buckets, stops: count, reasons } = oeeTimes({ ...whole, states, stops });
    expect(buckets).toMatchObject({ plannedDown: 20 * min, aust: 20 * min, adet: 10 * min, pbt: 80 * min });
    expect(count).toBe(1);
    expect(reasons).toEqual([{ code: "x", name: "x", ms: 10 * min, stops: 1 }]);
  });

  test("who runs through the break made use of it", () => {
    const { buckets } = oeeTimes({
      ...whole,
      breaks: [span(20, 50)],
      states: [state(0, 30, "running"), state(30, 60, "idle"), state(60, null, "running")],
      stops: [delay(30, 60)],
    });
    expect(buckets).toMatchObject({ plannedDown: 20 * min, apt: 70 * min, adet: 10 * min });
  });

  test("a stop that began in the shift before counts its time in both, and once as a stop", () => {
    const states = [state(0, 90, "running"), state(90, 130, "fault"), state(130, null, "running")];
    const all = {
      planned: [span(0, 200)],
      breaks: [],
      states,
      stops: [delay(90, 130)],
      jobs: [span(0, null)],
    };
    const first = oeeTimes({ ...all, from: 0, to: 100 * min });
    const second = oeeTimes({ ...all, from: 100 * min, to: 200 * min });
    expect([first.buckets.adet, second.buckets.adet]).toEqual([10 * min, 30 * min]);
    expect([first.stops, second.stops]).toEqual([1, 0]);
  });

  test("without an order a machine that stands is down, not delayed; outside shifts nothing counts", () => {
    const { buckets } = oeeTimes({
      from: 0,
      to: 300 * min,
      planned: [span(0, 100)],
      breaks: [],
      states: [state(0, null, "idle")],
      stops: [delay(0, null)],
      jobs: [],
    });
    expect(buckets).toMatchObject({ pot: 100 * min, adot: 100 * min, adet: 0 });
  });
});

describe("zero cases", () => {
  const zero = sheet(0, 0);
  test.each([
    [
      "nothing planned: everything is undefined",
      zero,
      noCounts,
      { availability: null, performance: null, quality: null, oee: null, nee: null, completeness: null },
    ],
    [
      "planned and never run: OEE is 0, performance undefined",
      sheet(60, 0),
      noCounts,
      { availability: 0, performance: null, quality: null, oee: 0, nee: 0 },
    ],
    [
      "run and nothing made: OEE is 0, quality undefined",
      sheet(60, 60),
      noCounts,
      { availability: 1, performance: 0, quality: null, oee: 0, nee: 0 },
    ],
  ])("%s", (_name, buckets, counts, expected) => {
    expect(oeeRatios(buckets, counts)).toMatchObject(expected);
  });

  test("performance above 100 % is shown as it is, and said aloud", () => {
    const view = oeeView({ start: 0, end: 1 }, record(sheet(60, 60), made(72, 0, min)));
    expect(view.ratios.performance).toBeCloseTo(1.2, 12);
    expect(view.warnings).toEqual(["performance_over_100"]);
  });
});
