import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";

export const deviationKinds = ["slowdown", "temperature_drift", "run_out"] as const;
export const DeviationKind = z.enum(deviationKinds);
export type DeviationKind = z.infer<typeof DeviationKind>;

/** A sentence of `messages/<lang>.json`: its key and the values named in it. */
export const Words = z.object({
  key: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Words = z.infer<typeof Words>;

export const MachineRef = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  lineId: z.number().int(),
});
export type MachineRef = z.infer<typeof MachineRef>;

export const TagRef = z.object({
  id: z.number().int(),
  name: z.string(),
  unit: z.string().nullable(),
  decimals: z.number().int(),
});
export type TagRef = z.infer<typeof TagRef>;

/** Why a reading was left out of a statistic; it is never filled in. */
export const exclusions = [
  "bad",
  "stale",
  "not_running",
  "starved",
  "warm_up",
  "no_standard",
  "gap",
] as const;
export const Exclusion = z.enum(exclusions);
export type Exclusion = z.infer<typeof Exclusion>;

/** What a deviation rests on. Times are source times, ms; values in the tag's unit unless said otherwise. */
export const Evidence = z.object({
  window: z.object({ start: z.number(), end: z.number() }),
  /** The detector's statistic at that time and the limit it crossed; both without unit. */
  statistic: z.number(),
  limit: z.number(),
  direction: z.enum(["up", "down"]),
  /** What is now, what is normal: mean since the change began, and the frozen baseline (or target). */
  value: z.number(),
  normal: z.number(),
  unit: z.string().nullable(),
  baseline: z.object({ sigma: z.number(), n: z.number().int(), learned: z.boolean() }),
  quality: z.object({
    used: z.number().int(),
    excluded: z.number().int(),
    reasons: z.partialRecord(Exclusion, z.number().int()),
  }),
  /** The last values and the statistic beside them, for a small chart; at most 60. */
  series: z.array(z.object({ at: z.number(), value: z.number(), statistic: z.number() })),
  /** Material only: minutes left, with its band, and the rate it was computed from (unit per hour). */
  runOut: z
    .object({
      remaining: z.number(),
      ratePerHour: z.number(),
      minutesLeft: z.number(),
      minutesLow: z.number(),
      minutesHigh: z.number().nullable(),
      leadMinutes: z.number(),
    })
    .nullable(),
});
export type Evidence = z.infer<typeof Evidence>;

/** A likely cause and how often it was the right one: "right 7 of 9 times". Words: `cause.<code>`. */
export const CauseView = z.object({
  code: z.string(),
  right: z.number().int(),
  of: z.number().int(),
  /** What speaks for it: the signals looked at. */
  signals: z.array(
    z.object({
      tagId: z.number().int(),
      name: z.string(),
      value: z.number(),
      unit: z.string().nullable(),
      op: z.enum(["<", ">"]),
      limit: z.number(),
    }),
  ),
});
export type CauseView = z.infer<typeof CauseView>;

export const DeviationView = z.object({
  id: z.uuid(),
  ruleId: z.number().int(),
  kind: DeviationKind,
  state: z.enum(["open", "cleared"]),
  machine: MachineRef,
  tag: TagRef,
  /** `deviation.<kind>.title` and `.text`. */
  title: Words,
  text: Words,
  /** Source time at which the change began, was seen, and ended. */
  since: z.number(),
  seenAt: z.number(),
  clearedAt: z.number().nullable(),
  evidence: Evidence,
  /** The newest statistic while it is open. */
  latest: z.object({ at: z.number(), value: z.number(), statistic: z.number() }),
  cause: CauseView.nullable(),
  alarmId: z.uuid().nullable(),
  /** The newest adjustment that answers it. */
  adjustmentId: z.uuid().nullable(),
});
export type DeviationView = z.infer<typeof DeviationView>;

/** How far a rule may go: 0 shows, 1 recommends, 2 writes after approval, 3 writes by itself inside its limits. */
export const Authority = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
export type Authority = z.infer<typeof Authority>;

export const RuleRecord = z.object({
  helped: z.number().int(),
  didNotHelp: z.number().int(),
  cannotTell: z.number().int(),
});
export type RuleRecord = z.infer<typeof RuleRecord>;

export const RuleView = z.object({
  id: z.number().int(),
  kind: DeviationKind,
  machine: MachineRef,
  tag: TagRef,
  enabled: z.boolean(),
  authority: Authority,
  parameters: z.record(z.string(), z.unknown()),
  /** The set-point this rule moves, if it moves one. */
  target: TagRef.nullable(),
  record: RuleRecord,
  openDeviationId: z.uuid().nullable(),
});
export type RuleView = z.infer<typeof RuleView>;

export const SetAuthority = z.object({
  ruleId: rowId(),
  authority: Authority,
  reason: z.string().trim().min(3).max(500),
});
export type SetAuthority = z.infer<typeof SetAuthority>;
