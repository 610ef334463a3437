import { z } from "zod";
import { Actor } from "#server/core/actor.contract.ts";
import { rowId } from "#server/core/number.contract.ts";
import { refusalCodes } from "#server/core/refusal.contract.ts";
import {
  Authority,
  MachineRef,
  RuleRecord,
  TagRef,
  Words,
} from "#server/execution/detection/detection.contract.ts";

/** Design §5, in the order of the way. The last three are the verdict. */
export const adjustmentStates = [
  "draft",
  "proposed",
  "approved",
  "rejected",
  "announced",
  "held",
  "blocked",
  "expired",
  "sent",
  "accepted",
  "refused",
  "unknown",
  "verifying",
  "helped",
  "did_not_help",
  "cannot_tell",
] as const;
export const AdjustmentState = z.enum(adjustmentStates);
export type AdjustmentState = z.infer<typeof AdjustmentState>;

/** Why it is where it is: a refusal of the gate or of the edge (words: `refusal.<code>`). */
export const Why = z.object({
  code: z.enum(refusalCodes),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Why = z.infer<typeof Why>;

/** A figure with the band it is expected in (80 %) and where that band comes from. */
export const Predicted = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  unit: z.string().nullable(),
  /** `outcomes` = from `n` earlier changes of this rule; `model` = from the rule's slope, ± 50 %. */
  basis: z.enum(["outcomes", "model"]),
  n: z.number().int(),
});
export type Predicted = z.infer<typeof Predicted>;

export const PredictedEffect = z.object({
  /** Where the process value should be afterwards. */
  process: Predicted.extend({ tag: TagRef, now: z.number() }).nullable(),
  /** What the KPI should become; null without earlier outcomes. */
  kpi: Predicted.extend({ now: z.number() }).nullable(),
});
export type PredictedEffect = z.infer<typeof PredictedEffect>;

/** One measured KPI beside the change. Ratio KPIs: `n` parts, `value` = share of scrap. */
export const KpiResult = z.object({
  name: z.enum(["scrap_ratio", "cycle_time", "process_distance"]),
  unit: z.string().nullable(),
  before: z.object({ value: z.number(), n: z.number() }),
  after: z.object({ value: z.number(), n: z.number() }),
  /** Improvement (before − after, in the good direction) and its always-valid 95 % interval. */
  improvement: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** What the sequential test says so far. */
  says: z.enum(["better", "not_better", "worse", "not_yet"]),
});
export type KpiResult = z.infer<typeof KpiResult>;

export const verdictReasons = [
  /** The KPI is better, and no guard KPI is worse. */
  "kpi_better",
  "kpi_not_better",
  "kpi_worse",
  "guard_kpi_worse",
  "process_moved_wrong",
  "process_did_not_follow",
  "not_enough_data",
  "context_changed",
  "second_change",
  "operator_moved",
  "local_control",
  "no_echo",
  "not_measured",
] as const;

export const Verification = z.object({
  /** Which rung is being waited for; `done` = there is a verdict. */
  phase: z.enum(["echo", "process", "kpi", "done"]),
  /** Deadlines t1, t2, t3 as instants. */
  deadlines: z.object({ echo: z.number(), process: z.number().nullable(), kpi: z.number().nullable() }),
  echo: z.object({ at: z.number(), value: z.number() }).nullable(),
  process: z
    .object({
      tag: TagRef,
      before: z.number(),
      now: z.number(),
      expected: z.number(),
      says: z.enum(["right", "not_yet", "wrong"]),
    })
    .nullable(),
  kpi: KpiResult.nullable(),
  guards: z.array(KpiResult),
  /** Words: `verdict.reason.<reason>`. */
  reason: z.enum(verdictReasons).nullable(),
});
export type Verification = z.infer<typeof Verification>;

export const TimelineEntry = z.object({
  at: z.number(),
  /** Words: `adjustment.event.<event>`. */
  event: z.string(),
  state: AdjustmentState,
  by: Actor.pick({ kind: true, name: true }),
  reason: z.string().nullable(),
  why: Why.nullable(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

export const AdjustmentSummary = z.object({
  id: z.uuid(),
  /** Grows with every step; what is decided must name the version that was looked at. */
  version: z.number().int(),
  state: AdjustmentState,
  machine: MachineRef,
  target: TagRef,
  oldValue: z.number(),
  newValue: z.number(),
  /** Words: `adjustment.reason.<why>`, or a person's own text. */
  reason: z.union([Words, z.string()]),
  author: z.object({ kind: z.enum(["rule", "person", "return"]), name: z.string() }),
  /** Who approved it, in order; risk class 2 needs two. */
  approvedBy: z.array(z.object({ name: z.string(), at: z.number() })),
  approvalsNeeded: z.number().int(),
  createdAt: z.number(),
  /** Until when it may be decided, or sent. */
  notAfter: z.number(),
  /** The countdown on the station: when it is sent unless somebody holds it. */
  sendAt: z.number().nullable(),
  /** A badge at the machine is needed before it is sent, and is still missing. */
  needsBadge: z.boolean(),
  /** Why it is held, blocked, refused or unknown. */
  why: Why.nullable(),
  verdictReason: z.enum(verdictReasons).nullable(),
  /** The adjustment this one takes back, and the one that takes this one back. */
  returns: z.uuid().nullable(),
  returnedBy: z.uuid().nullable(),
  /** A person is asked: nothing moves by itself any more. */
  asksPerson: z.boolean(),
});
export type AdjustmentSummary = z.infer<typeof AdjustmentSummary>;

export const AdjustmentView = AdjustmentSummary.extend({
  limits: z.object({ min: z.number(), max: z.number(), maxStep: z.number() }),
  riskClass: z.union([z.literal(1), z.literal(2)]),
  rule: z.object({ id: z.number().int(), authority: Authority, record: RuleRecord }).nullable(),
  deviationId: z.uuid().nullable(),
  alarmId: z.uuid().nullable(),
  predicted: PredictedEffect,
  verification: Verification.nullable(),
  timeline: z.array(TimelineEntry),
});
export type AdjustmentView = z.infer<typeof AdjustmentView>;

/** What a supervisor can do with an adjustment; words `office.approval.deed.<deed>`. */
export const deeds = ["approve", "reject", "release", "took", "did_not_take", "answer", "return"] as const;
export const Deed = z.enum(deeds);
export type Deed = z.infer<typeof Deed>;

/** An adjustment before the one who asks: what can be done with it, and why this person cannot. */
export const AdjustmentForPerson = AdjustmentView.extend({
  offered: z.array(z.object({ deed: Deed, whyNot: Why.nullable() })),
});
export type AdjustmentForPerson = z.infer<typeof AdjustmentForPerson>;

export const AdjustmentFilter = z.object({
  machine: z.string().max(64).optional(),
  /** `open` = anything that still goes on or waits for a person; `all` = with the record, newest first. */
  show: z.enum(["open", "all"]).default("open"),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type AdjustmentFilter = z.infer<typeof AdjustmentFilter>;

const Reason = z.string().trim().min(3).max(500);
const One = z.object({ adjustmentId: z.uuid() });
/** What was looked at; another version in between is a conflict. */
const Seen = One.extend({ version: z.number().int().optional() });

/** A setter's own proposal. Absolute value in the set-point's unit. */
export const ProposeAdjustment = z.object({
  machineId: rowId(),
  tagId: rowId(),
  value: z.number(),
  reason: Reason,
  /** The deviation it answers, if it answers one. */
  deviationId: z.uuid().optional(),
});
export type ProposeAdjustment = z.infer<typeof ProposeAdjustment>;
export const ApproveAdjustment = Seen;
export type ApproveAdjustment = z.infer<typeof ApproveAdjustment>;
export const RejectAdjustment = Seen.extend({ reason: Reason });
export type RejectAdjustment = z.infer<typeof RejectAdjustment>;
/** One tap, no login, no reason asked. */
export const HoldAdjustment = One.extend({ machineId: rowId() });
export type HoldAdjustment = z.infer<typeof HoldAdjustment>;
/** A badge at the machine, for targets of a class "at the machine". */
export const ConfirmAtMachine = One.extend({ machineId: rowId() });
export type ConfirmAtMachine = z.infer<typeof ConfirmAtMachine>;
export const ReleaseAdjustment = Seen.extend({ reason: Reason });
export type ReleaseAdjustment = z.infer<typeof ReleaseAdjustment>;
/** Somebody read the machine back: did it take the value or not? */
export const ResolveUnknown = Seen.extend({ took: z.boolean(), reason: Reason });
export type ResolveUnknown = z.infer<typeof ResolveUnknown>;
/** A person takes a change back; goes through the same gate. */
export const ReturnAdjustment = One.extend({ reason: Reason });
export type ReturnAdjustment = z.infer<typeof ReturnAdjustment>;

/** One touch turns automation of a machine off; `tagId`: end the suspension of one set-point. */
export const SetAutomation = z.object({
  machineId: rowId(),
  on: z.boolean(),
  tagId: rowId().optional(),
});
export type SetAutomation = z.infer<typeof SetAutomation>;
