import { z } from "zod";
import { AdjustmentState, verdictReasons } from "#server/execution/adjustments/adjustments.contract.ts";
import { CauseView, MachineRef, TagRef, Words } from "#server/execution/detection/detection.contract.ts";
import { LocalText } from "#server/execution/guidance/guidance.contract.ts";

export const alarmKinds = [
  "slowdown",
  "temperature_drift",
  "run_out",
  /** The edge acted or reported by itself (e.g. over-temperature → stop requested). */
  "reflex",
  "guard_open",
  "no_data",
  /** Something inside Millwright could not be done and waits for a person. */
  "parked",
  /** The newest backup could not be made. */
  "backup_failed",
  /** No good backup for too long. */
  "backup_old",
  /** The data's disk is nearly full, or will be soon. */
  "disk_space",
] as const;
export const AlarmKind = z.enum(alarmKinds);
export type AlarmKind = z.infer<typeof AlarmKind>;

/**
 * ISA-18.2 §5 states. `unack` = B, `ack` = C, `rtn_unack` = D (gone, but nobody took it), `shelved` = G,
 * `normal` = A: over, in the record only.
 */
export const alarmStates = ["unack", "ack", "rtn_unack", "shelved", "normal"] as const;
export const AlarmState = z.enum(alarmStates);
export type AlarmState = z.infer<typeof AlarmState>;

/** 1 = at once … 4 = low. */
export const AlarmPriority = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
export type AlarmPriority = z.infer<typeof AlarmPriority>;

export const By = z.object({ name: z.string(), at: z.number() });
export type By = z.infer<typeof By>;

/** All a station draws: what, where, since when, likely cause, what to do. Travels whole with the fact. */
export const AlarmCard = z.object({
  id: z.uuid(),
  /** Grows with every change; a card of a lower version is older. */
  version: z.number().int(),
  kind: AlarmKind,
  state: AlarmState,
  /** Whether the condition holds now (a shelved alarm goes on being watched). */
  active: z.boolean(),
  /** It guards people or the machine: nothing is sent there while it lasts, and it is never put aside. */
  blocksChanges: z.boolean(),
  priority: AlarmPriority,
  machine: MachineRef.nullable(),
  tag: TagRef.nullable(),
  /** `alarm.<kind>.title`, `.text` and `.todo`. */
  title: Words,
  text: Words,
  todo: Words,
  /** Source time at which the condition began; server time at which it was annunciated. */
  since: z.number(),
  raisedAt: z.number(),
  clearedAt: z.number().nullable(),
  taken: By.nullable(),
  shelved: By.extend({ until: z.number(), reason: z.string() }).nullable(),
  cause: CauseView.nullable(),
  /** The instruction to follow, and the newest run of it for this alarm. */
  instruction: z.object({ code: z.string(), title: LocalText, steps: z.number().int() }).nullable(),
  run: z
    .object({
      id: z.uuid(),
      state: z.enum(["running", "done", "abandoned"]),
      step: z.number().int(),
      steps: z.number().int(),
    })
    .nullable(),
  deviationId: z.uuid().nullable(),
  /** The newest adjustment that answers the same deviation, with its state and verdict. */
  adjustment: z
    .object({
      id: z.uuid(),
      state: AdjustmentState,
      target: TagRef,
      oldValue: z.number(),
      newValue: z.number(),
      sendAt: z.number().nullable(),
      verdictReason: z.enum(verdictReasons).nullable(),
      /** The KPI before and after, once measured. */
      kpi: z.object({ name: z.string(), before: z.number(), after: z.number() }).nullable(),
    })
    .nullable(),
});
export type AlarmCard = z.infer<typeof AlarmCard>;

export const alarmEventKinds = [
  "raised",
  "returned",
  "raised_again",
  "taken",
  "shelved",
  "unshelved",
  "changed",
  "closed",
] as const;

export const AlarmEvent = z.object({
  at: z.number(),
  /** Time at the source, where the event comes from a signal. */
  sourceAt: z.number().nullable(),
  kind: z.enum(alarmEventKinds),
  by: z.string(),
  reason: z.string().nullable(),
});
export type AlarmEvent = z.infer<typeof AlarmEvent>;

export const AlarmView = z.object({ card: AlarmCard, journal: z.array(AlarmEvent) });
export type AlarmView = z.infer<typeof AlarmView>;

/** What a list of alarms may be asked for. Without `machine`: the whole plant. */
export const AlarmFilter = z.object({
  machine: z.string().max(64).optional(),
  /** `open` = everything not `normal`; `all` = with the record, newest first. */
  show: z.enum(["open", "all"]).default("open"),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type AlarmFilter = z.infer<typeof AlarmFilter>;

export const TakeAlarm = z.object({ alarmId: z.uuid() });
export type TakeAlarm = z.infer<typeof TakeAlarm>;

export const ShelveAlarm = z.object({
  alarmId: z.uuid(),
  /** ≤ 12 h: at most until the end of a long shift. */
  minutes: z.number().positive().max(720),
  reason: z.string().trim().min(3).max(500),
});
export type ShelveAlarm = z.infer<typeof ShelveAlarm>;

export const UnshelveAlarm = z.object({ alarmId: z.uuid() });
export type UnshelveAlarm = z.infer<typeof UnshelveAlarm>;

/** A condition that is true now. `key` names it: one abnormal condition = one alarm. */
export const RaiseAlarm = z.object({
  key: z.string().max(200),
  kind: AlarmKind,
  priority: AlarmPriority,
  machineId: z.number().int().nullable(),
  tagId: z.number().int().nullable(),
  /** Source time at which it began. */
  since: z.number(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  deviationId: z.uuid().nullable(),
  causeRuleId: z.number().int().nullable(),
  instructionCode: z.string().nullable(),
  /** No change may be written to this machine while it is active. */
  blocksChanges: z.boolean(),
});
export type RaiseAlarm = z.infer<typeof RaiseAlarm>;

export const ClearAlarm = z.object({ key: z.string().max(200), at: z.number() });
export type ClearAlarm = z.infer<typeof ClearAlarm>;
