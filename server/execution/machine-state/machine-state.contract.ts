import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";
import { tagMeanings } from "#server/device/tag.contract.ts";
import { RunningJob } from "../orders/orders.contract.ts";
import { ShiftView } from "../shifts/shifts.contract.ts";

/**
 * What a machine says about itself (PackML-like), and our own `no_data`: the link is lost, the machine was silent
 * for longer than its `stale_ms`, or it said a word that is not in this list.
 */
export const MachineWord = z.enum([
  "running",
  "idle",
  "stopped",
  "fault",
  "setup",
  "starved",
  "blocked",
  "no_data",
]);
export type MachineWord = z.infer<typeof MachineWord>;

/** A half-open period of source time, ms; `end` null = still open. */
export const Span = z.object({ start: z.number(), end: z.number().nullable() });
export type Span = z.infer<typeof Span>;

/** One stretch of constant word and fault code. */
export const StateInterval = Span.extend({ word: MachineWord, fault: z.string().nullable() });
export type StateInterval = z.infer<typeof StateInterval>;

export const StopReason = z.object({
  id: z.number().int(),
  code: z.string(),
  /** Name in the plant's own words; demo reasons also have messages under `stopReason.<code>`. */
  name: z.string(),
  /** Taken out of planned busy time (ISO 22400: planned down time). */
  planned: z.boolean(),
  /** Counted as set-up time, not as delay. */
  changeover: z.boolean(),
});
export type StopReason = z.infer<typeof StopReason>;

/** A reason as a machine offers it, under its heading. */
export const OfferedReason = StopReason.extend({
  group: z.object({ code: z.string(), name: z.string() }).nullable(),
});
export type OfferedReason = z.infer<typeof OfferedReason>;

/** A stop longer than the machine's micro-stop limit, counted from its very start. */
export const StopView = Span.extend({
  id: z.uuid(),
  machineId: z.number().int(),
  word: MachineWord,
  fault: z.string().nullable(),
  /** The reason of each part of the stop, in order; a stop nobody explained has one part without a reason. */
  parts: z.array(
    Span.extend({
      reason: StopReason.nullable(),
      by: z.enum(["person", "fault"]).nullable(),
      comment: z.string().nullable(),
    }),
  ),
});
export type StopView = z.infer<typeof StopView>;

export const ExplainStop = z.object({
  machineId: rowId(),
  stopId: z.uuid(),
  reasonId: rowId(),
  comment: plainText(500).optional(),
  /** Only this part of the stop (splits it); left out = the whole stop. */
  from: instant().optional(),
  to: instant().optional(),
});
export type ExplainStop = z.infer<typeof ExplainStop>;

/** A tag as a screen needs it beside the live value. */
export const MachineTag = z.object({
  id: z.number().int(),
  metric: z.string(),
  name: z.string(),
  meaning: z.enum(tagMeanings),
  datatype: z.enum(["number", "text", "boolean"]),
  unit: z.string().nullable(),
  decimals: z.number().int(),
  /** Physically possible range. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Band in which the process is normal; outside is drawn as abnormal. */
  normalLow: z.number().nullable(),
  normalHigh: z.number().nullable(),
  /** The set-point that drives this value, if there is one. */
  setpointTagId: z.number().int().nullable(),
  writable: z.object({ min: z.number(), max: z.number(), maxStep: z.number() }).nullable(),
  /** After this without a reading the value is drawn stale, ms. */
  staleMs: z.number(),
});
export type MachineTag = z.infer<typeof MachineTag>;

/** The one value that stands for a machine where many are shown. */
export const MainTag = MachineTag.pick({
  id: true,
  name: true,
  unit: true,
  decimals: true,
  staleMs: true,
}).extend({ machineId: z.number().int() });
export type MainTag = z.infer<typeof MainTag>;

/** Counts and pace of the running shift, in parts and parts per hour of real time. */
export const PaceView = z.object({
  good: z.number(),
  scrap: z.number(),
  cycles: z.number(),
  /** Good parts that should be there by now: planned time so far at the standard rate times the target share. */
  targetNow: z.number().nullable(),
  /** Good parts wanted by the end of the shift. */
  targetShift: z.number().nullable(),
  /** good − targetNow. */
  gap: z.number().nullable(),
  paceNow: z.number().nullable(),
  paceNeeded: z.number().nullable(),
  /** Planned time so far that made no good part at the ideal rate, ms. */
  lostMs: z.number().nullable(),
});
export type PaceView = z.infer<typeof PaceView>;

/** One machine as a list or a line overview shows it. */
export const MachineSummary = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  kind: z.string(),
  lineId: z.number().int(),
  lineCode: z.string(),
  flowPosition: z.number().int(),
  positions: z.number().int(),
  /** What they are called, the first one first; one without a name has its number. */
  positionNames: z.array(z.string()),
  /** People say what it does; its figures are marked so. */
  manual: z.boolean(),
  state: StateInterval,
  /** The open stop, once it is longer than a micro-stop. */
  stop: StopView.nullable(),
  guardOpen: z.boolean().nullable(),
  remote: z.boolean().nullable(),
  automationOff: z.boolean(),
  maintenanceLock: z.object({ name: z.string(), at: z.number() }).nullable(),
  jobs: z.array(RunningJob),
  pace: PaceView,
});
export type MachineSummary = z.infer<typeof MachineSummary>;

/** Everything the station's home and the machine page need about one machine, except live values and alarms. */
export const MachineView = MachineSummary.extend({
  lineName: z.string(),
  timeZone: z.string(),
  shift: ShiftView.nullable(),
  microStopMs: z.number(),
  staleMs: z.number(),
  announceMs: z.number(),
  /** Remaining material at the machine by its `material` tag, newest stored value; the tag carries the live one. */
  material: z
    .object({
      name: z.string(),
      unit: z.string(),
      lotCode: z.string().nullable(),
      tagId: z.number().int().nullable(),
    })
    .nullable(),
  /** The next job waiting for this machine. */
  nextJob: RunningJob.nullable(),
  tags: z.array(MachineTag),
  /** Set-points that somebody moved by hand: automation keeps off them until a supervisor lets it back. */
  suspended: z.array(z.object({ tagId: z.number().int(), name: z.string(), since: z.number() })),
  /** The stops of this shift, newest first. */
  stops: z.array(StopView),
});
export type MachineView = z.infer<typeof MachineView>;

export const LineView = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  timeZone: z.string(),
  shift: ShiftView.nullable(),
  machines: z.array(MachineSummary),
});
export type LineView = z.infer<typeof LineView>;
