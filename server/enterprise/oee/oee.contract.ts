import { z } from "zod";

/** ISO 22400-2 times of one machine over one period, ms. They sum: apt + aust + adet + adot = pbt. */
export const TimeBuckets = z.object({
  /** Planned operation time: shifts in the period. */
  pot: z.number(),
  /** Planned down time: breaks and stops with a planned reason. */
  plannedDown: z.number(),
  /** Unknown: the machine gave no data. In no indicator; lowers completeness. */
  noData: z.number(),
  /** Planned busy time that we know about: pot − plannedDown − noData. */
  pbt: z.number(),
  /** Actual production time, micro-stops included. */
  apt: z.number(),
  /** Actual set-up time. */
  aust: z.number(),
  /** Delays while an order is active. */
  adet: z.number(),
  /** Down without an order. */
  adot: z.number(),
  /** Part of apt: stops shorter than the machine's limit. */
  microStop: z.number(),
});
export type TimeBuckets = z.infer<typeof TimeBuckets>;

export const OeeCounts = z.object({
  good: z.number(),
  scrap: z.number(),
  cycles: z.number(),
  /** Ideal time of everything made, and of the good parts, ms (PRI × PQ, PRI × GQ). */
  idealMs: z.number(),
  idealGoodMs: z.number(),
  /** Parts made without a known standard; they are in no ideal time. */
  withoutStandard: z.number(),
  stops: z.number(),
  microStops: z.number(),
});
export type OeeCounts = z.infer<typeof OeeCounts>;

/** Ratios, 1 = 100 %; null where the denominator is 0. Never clamped. */
export const OeeRatios = z.object({
  availability: z.number().nullable(),
  /** ISO "effectiveness". */
  performance: z.number().nullable(),
  quality: z.number().nullable(),
  oee: z.number().nullable(),
  /** Net equipment effectiveness: set-up is not counted as a loss. */
  nee: z.number().nullable(),
  technicalEfficiency: z.number().nullable(),
  allocationEfficiency: z.number().nullable(),
  utilizationEfficiency: z.number().nullable(),
  setupRatio: z.number().nullable(),
  scrapRatio: z.number().nullable(),
  /** Share of planned time about which there is data. */
  completeness: z.number().nullable(),
});
export type OeeRatios = z.infer<typeof OeeRatios>;

/** What needs a look before the figures are believed. */
export const OeeWarning = z.enum(["performance_over_100", "standard_missing", "data_incomplete", "no_plan"]);
export type OeeWarning = z.infer<typeof OeeWarning>;

export const OeeView = z.object({
  period: z.object({ start: z.number(), end: z.number() }),
  buckets: TimeBuckets,
  counts: OeeCounts,
  ratios: OeeRatios,
  /** Time lost by kind, ms; with the ideal time of good parts they sum to pbt (a gain shows as negative). */
  losses: z.object({
    setup: z.number(),
    delays: z.number(),
    noOrder: z.number(),
    microStops: z.number(),
    speed: z.number(),
    scrap: z.number(),
  }),
  /** Delays by the reason of the stop; `code` null = nobody said why. */
  reasons: z.array(
    z.object({ code: z.string().nullable(), name: z.string().nullable(), ms: z.number(), stops: z.number() }),
  ),
  warnings: z.array(OeeWarning),
  /** Which version of the classification made these figures. */
  ruleVersion: z.number().int(),
  /** How often the record was restated after the shift had closed. */
  restated: z.number().int(),
  open: z.boolean(),
  /** It rests, at least in part, on what people said and counted by hand. */
  manual: z.boolean(),
});
export type OeeView = z.infer<typeof OeeView>;

/** OEE of the shift that runs now. */
export const RunningOee = OeeView.extend({
  machineId: z.number().int(),
  machineCode: z.string(),
  machineName: z.string(),
  shiftName: z.string(),
  shiftEnd: z.number(),
  productionDay: z.string(),
});
export type RunningOee = z.infer<typeof RunningOee>;

/** Pooled figures: one row per group, and the whole. `key` is a day, a shift name, a machine's or a line's code. */
export const OeeReport = z.object({
  by: z.enum(["day", "shift", "machine", "line"]),
  period: z.object({ start: z.number(), end: z.number() }),
  timeZone: z.string(),
  total: OeeView,
  rows: z.array(z.object({ key: z.string(), name: z.string(), view: OeeView })),
});
export type OeeReport = z.infer<typeof OeeReport>;
