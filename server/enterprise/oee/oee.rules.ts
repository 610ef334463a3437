import type { StateInterval } from "#server/execution/machine-state/machine-state.contract.ts";
import { isStopWord } from "#server/execution/machine-state/machine-state.rules.ts";
import type { OeeCounts, OeeRatios, OeeView, OeeWarning, TimeBuckets } from "./oee.contract.ts";

/** Raised when the classification below changes; a record names the version that made it. */
export const oeeRuleVersion = 1;

/** A half-open period, ms; `end` null = still open. */
interface Stretch {
  readonly start: number;
  readonly end: number | null;
}

/** A stretch of a stop with what its reason says about it. */
export interface DelayPart extends Stretch {
  /** Start of the stop that it is a part of; a stop is counted in the period in which it began. */
  readonly stopStart: number;
  readonly planned: boolean;
  readonly changeover: boolean;
  readonly code: string | null;
  readonly name: string | null;
}

/** What the kernel joins. Lists are in order of start; the entries of one list do not overlap (jobs may). */
export interface OeeInput {
  readonly from: number;
  /** Not later than now: what has not happened is in no bucket. */
  readonly to: number;
  readonly planned: readonly Stretch[];
  readonly breaks: readonly Stretch[];
  readonly states: readonly StateInterval[];
  /** Stops beyond the micro-stop limit, cut by reason. Other stopped time is a micro-stop. */
  readonly stops: readonly DelayPart[];
  readonly jobs: readonly Stretch[];
}

export interface ReasonTime {
  readonly code: string | null;
  readonly name: string | null;
  readonly ms: number;
  readonly stops: number;
}

export interface OeeTimes {
  readonly buckets: TimeBuckets;
  readonly reasons: readonly ReasonTime[];
  readonly stops: number;
  readonly microStops: number;
}

const noBuckets = (): { -readonly [K in keyof TimeBuckets]: number } => ({
  pot: 0,
  plannedDown: 0,
  noData: 0,
  pbt: 0,
  apt: 0,
  aust: 0,
  adet: 0,
  adot: 0,
  microStop: 0,
});

/** Union of periods that may overlap: a machine has an order while any of its positions has one. */
function union(jobs: readonly Stretch[]): Stretch[] {
  const out: Stretch[] = [];
  for (const job of jobs.toSorted((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last === undefined || (last.end !== null && job.start > last.end)) out.push(job);
    else if (last.end !== null && (job.end === null || job.end > last.end))
      out[out.length - 1] = { start: last.start, end: job.end };
  }
  return out;
}

/** Walks a list along a rising instant: the entry that holds it, if any. */
function walker<T extends Stretch>(list: readonly T[]): (at: number) => T | undefined {
  let i = 0;
  return (at) => {
    for (;;) {
      const entry = list[i];
      if (entry === undefined || entry.start > at) return undefined;
      if (entry.end === null || entry.end > at) return entry;
      i += 1;
    }
  };
}

/**
 * ISO 22400-2 times of one machine over [from, to): planned time, states, stops and orders are separate facts, joined
 * here and nowhere stored as one. How it classifies (rule version 1):
 * break without run, or stop with a planned reason = planned down; no data = its own bucket; running = production
 * (also through a break); set-up with an order, or stop with a changeover reason = set-up; other stop with an order =
 * delay, or production if it is a micro-stop; anything else = down without an order.
 */
export function oeeTimes(input: OeeInput): OeeTimes {
  const { from, to } = input;
  const jobs = union(input.jobs);
  const lists: (readonly Stretch[])[] = [input.planned, input.breaks, input.states, input.stops, jobs];
  const cuts: number[] = [from, to];
  for (const list of lists) {
    let touched = Number.NaN;
    for (const { start, end } of list) {
      // Where one ends and the next begins is one cut.
      if (start !== touched && start > from && start < to) cuts.push(start);
      if (end !== null && end > from && end < to) cuts.push(end);
      touched = end ?? Number.NaN;
    }
  }
  const sorted = Float64Array.from(cuts).toSorted();
  const planned = walker(input.planned);
  const pause = walker(input.breaks);
  const state = walker(input.states);
  const stop = walker(input.stops);
  const job = walker(jobs);

  const buckets = noBuckets();
  const reasons = new Map<
    string,
    { code: string | null; name: string | null; ms: number; starts: Set<number> }
  >();
  let microStops = 0;
  let microUntil = Number.NaN;

  for (let i = 0; i + 1 < sorted.length; i++) {
    const at = sorted[i] ?? to;
    const ms = (sorted[i + 1] ?? to) - at;
    if (ms <= 0 || planned(at) === undefined) continue;
    const word = state(at)?.word ?? "no_data";
    const delay = isStopWord(word) ? stop(at) : undefined;
    const ordered = job(at) !== undefined;
    buckets.pot += ms;
    if (word !== "running" && (pause(at) !== undefined || delay?.planned === true)) buckets.plannedDown += ms;
    else if (word === "no_data") buckets.noData += ms;
    else if (word === "running") buckets.apt += ms;
    else if (delay?.changeover === true || (word === "setup" && ordered)) buckets.aust += ms;
    else if (!ordered) buckets.adot += ms;
    else if (delay === undefined) {
      buckets.apt += ms;
      buckets.microStop += ms;
      if (microUntil !== at) microStops += 1;
      microUntil = at + ms;
    } else {
      buckets.adet += ms;
      const key = delay.code ?? "";
      const entry = reasons.get(key) ?? {
        code: delay.code,
        name: delay.name,
        ms: 0,
        starts: new Set<number>(),
      };
      entry.ms += ms;
      if (delay.stopStart >= from) entry.starts.add(delay.stopStart);
      reasons.set(key, entry);
    }
  }
  buckets.pbt = buckets.apt + buckets.aust + buckets.adet + buckets.adot;
  const began = new Set(
    input.stops.filter((s) => s.stopStart >= from && s.stopStart < to).map((s) => s.stopStart),
  );
  return {
    buckets,
    reasons: [...reasons.values()]
      .map(({ starts, ...reason }) => ({ ...reason, stops: starts.size }))
      .toSorted((a, b) => b.ms - a.ms),
    stops: began.size,
    microStops,
  };
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

/**
 * ISO 22400-2 ratios. Performance is ideal time of everything made over run time, quality is weighted by ideal time,
 * so that OEE = availability × performance × quality = PRI × GQ / PBT also over several products and machines.
 * Null where a denominator is 0; planned time in which nothing was made has an OEE of 0.
 */
export function oeeRatios(buckets: TimeBuckets, counts: OeeCounts): OeeRatios {
  const { pbt, apt, aust, adet, noData } = buckets;
  const made = counts.good + counts.scrap;
  const busy = apt + aust + adet;
  const quality = counts.idealMs > 0 ? counts.idealGoodMs / counts.idealMs : share(counts.good, made);
  const performance = share(counts.idealMs, apt);
  return {
    availability: share(apt, pbt),
    performance,
    quality,
    oee: share(counts.idealGoodMs, pbt),
    nee:
      pbt <= 0
        ? null
        : performance === null || quality === null
          ? 0
          : ((apt + aust) / pbt) * performance * quality,
    technicalEfficiency: share(apt, apt + adet),
    allocationEfficiency: share(busy, pbt),
    utilizationEfficiency: share(apt, busy),
    setupRatio: share(aust, apt + aust),
    scrapRatio: share(counts.scrap, made),
    completeness: share(pbt, pbt + noData),
  };
}

/** Below this share of known time a figure is shown as uncertain. */
const completeEnough = 0.9;

function warningsOf(buckets: TimeBuckets, counts: OeeCounts, ratios: OeeRatios): OeeWarning[] {
  const warnings: OeeWarning[] = [];
  // A hair of tolerance: counts come in whole cycles, times do not.
  if ((ratios.performance ?? 0) > 1.005) warnings.push("performance_over_100");
  if (counts.withoutStandard > 0) warnings.push("standard_missing");
  if ((ratios.completeness ?? 1) < completeEnough) warnings.push("data_incomplete");
  if (buckets.pot === 0) warnings.push("no_plan");
  return warnings;
}

export interface OeeRecord {
  readonly buckets: TimeBuckets;
  readonly counts: OeeCounts;
  readonly reasons: readonly ReasonTime[];
  readonly ruleVersion: number;
  readonly restated: number;
  readonly open: boolean;
  readonly manual: boolean;
}

/** A record, or a pool of records, with everything that follows from it. */
export function oeeView(period: { start: number; end: number }, record: OeeRecord): OeeView {
  const { buckets, counts } = record;
  const ratios = oeeRatios(buckets, counts);
  return {
    period,
    buckets,
    counts,
    ratios,
    losses: {
      setup: buckets.aust,
      delays: buckets.adet,
      noOrder: buckets.adot,
      microStops: buckets.microStop,
      speed: buckets.apt - buckets.microStop - counts.idealMs,
      scrap: counts.idealMs - counts.idealGoodMs,
    },
    reasons: [...record.reasons],
    warnings: warningsOf(buckets, counts, ratios),
    ruleVersion: record.ruleVersion,
    restated: record.restated,
    open: record.open,
    manual: record.manual,
  };
}

function addUp<T extends Record<string, number>>(into: T, more: T): T {
  return Object.fromEntries(Object.entries(into).map(([key, value]) => [key, value + (more[key] ?? 0)])) as T;
}

export const noCounts: OeeCounts = {
  good: 0,
  scrap: 0,
  cycles: 0,
  idealMs: 0,
  idealGoodMs: 0,
  withoutStandard: 0,
  stops: 0,
  microStops: 0,
};

/** Sums numerators and denominators; percentages are never averaged. */
export function poolOee(records: readonly OeeRecord[]): OeeRecord {
  const reasons = new Map<string, ReasonTime>();
  let buckets: TimeBuckets = noBuckets();
  let counts = noCounts;
  for (const record of records) {
    buckets = addUp(buckets, record.buckets);
    counts = addUp(counts, record.counts);
    for (const reason of record.reasons) {
      const before = reasons.get(reason.code ?? "");
      reasons.set(
        reason.code ?? "",
        before === undefined
          ? reason
          : { ...before, ms: before.ms + reason.ms, stops: before.stops + reason.stops },
      );
    }
  }
  return {
    buckets,
    counts,
    reasons: [...reasons.values()].toSorted((a, b) => b.ms - a.ms),
    ruleVersion: records.reduce((max, r) => Math.max(max, r.ruleVersion), oeeRuleVersion),
    restated: records.reduce((sum, r) => sum + r.restated, 0),
    open: records.some((r) => r.open),
    manual: records.some((r) => r.manual),
  };
}
