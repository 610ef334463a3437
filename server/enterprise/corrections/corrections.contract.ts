import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";

const machineId = rowId();
const runId = z.uuid();
/** Whether runs that are in the way are cut back; without it they are refused by name. */
const makeRoom = z.boolean().default(false);

/** What somebody says was recorded wrongly; `machineId` = where it is recorded now. Times are source time, ms. */
export const Correction = z.discriminatedUnion("kind", [
  /** It ran on another machine. */
  z.object({
    kind: z.literal("machine"),
    machineId,
    runId,
    toMachineId: rowId(),
    toPosition: z.number().int().min(1).max(1000).default(1),
    makeRoom,
  }),
  /** It began or ended at another time; end null = it still runs. */
  z.object({
    kind: z.literal("period"),
    machineId,
    runId,
    start: instant(),
    end: instant().nullable(),
    makeRoom,
  }),
  /** It was finished then, and nobody said so. */
  z.object({ kind: z.literal("finish"), machineId, runId, end: instant() }),
  /** So many parts were made in [from, to), whatever the counter said. Edges lie on ten seconds. */
  z.object({
    kind: z.literal("count"),
    machineId,
    from: instant(),
    to: instant(),
    good: z.number().int().min(0).max(10_000_000),
    scrap: z.number().int().min(0).max(10_000_000),
  }),
  /** Another lot was on it: null wrong = one was forgotten, null right = it had none. */
  z.object({
    kind: z.literal("lot"),
    machineId,
    runId,
    wrongLotId: z.uuid().nullable(),
    lotId: z.uuid().nullable(),
  }),
  /** An earlier correction was wrong. */
  z.object({ kind: z.literal("undo"), machineId, correctionId: z.uuid() }),
]);
export type Correction = z.infer<typeof Correction>;

export const AskPreview = z.object({ correction: Correction });

export const SaveCorrection = z.object({
  correction: Correction,
  /** From the preview that was looked at. */
  asOf: instant(),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  reason: plainText(500),
});

const Figures = z.object({
  oee: z.number().nullable(),
  availability: z.number().nullable(),
  performance: z.number().nullable(),
  quality: z.number().nullable(),
  good: z.number(),
  scrap: z.number(),
});
export type Figures = z.infer<typeof Figures>;

const RunState = z.object({
  machineId: z.number().int(),
  machineName: z.string(),
  position: z.number().int(),
  start: z.number(),
  end: z.number().nullable(),
  /** Codes of the lots that were in or came out. */
  lots: z.array(z.string()),
});

/** What a correction restates. Nothing is in it that stays as it is. */
export const CorrectionPreview = z.object({
  asOf: z.number(),
  fingerprint: z.string(),
  /** Readings that belong to another job or lot then; `more` = at least so many. */
  readings: z.object({ count: z.number(), more: z.boolean() }),
  runs: z.array(
    z.object({
      jobId: z.uuid(),
      orderCode: z.string(),
      operation: z.string(),
      before: RunState.nullable(),
      after: RunState.nullable(),
    }),
  ),
  jobs: z.array(
    z.object({
      jobId: z.uuid(),
      orderCode: z.string(),
      operation: z.string(),
      before: z.object({ good: z.number(), scrap: z.number(), state: z.string() }),
      after: z.object({ good: z.number(), scrap: z.number(), state: z.string() }),
    }),
  ),
  lots: z.array(
    z.object({
      lotId: z.uuid(),
      code: z.string(),
      unit: z.string().nullable(),
      before: z.number(),
      after: z.number(),
    }),
  ),
  /** Parts counted in the corrected time, for a count. */
  counted: z.object({ good: z.number(), scrap: z.number() }).nullable(),
  shifts: z.array(
    z.object({
      shiftId: z.number().int(),
      machineId: z.number().int(),
      machineName: z.string(),
      name: z.string(),
      productionDay: z.string(),
      start: z.number(),
      end: z.number(),
      /** Its record is closed: it gets a new version that says who restated it and why. */
      closed: z.boolean(),
      before: Figures,
      after: Figures,
    }),
  ),
});
export type CorrectionPreview = z.infer<typeof CorrectionPreview>;

/** A saved correction. */
export const CorrectionView = z.object({
  id: z.uuid(),
  kind: z.enum(["machine", "period", "finish", "count", "lot", "undo"]),
  machineId: z.number().int(),
  machineName: z.string(),
  reason: z.string(),
  by: z.string(),
  at: z.number(),
  undone: z.boolean(),
  preview: CorrectionPreview,
  /** Closed shift records that it has restated so far, with the version it made. */
  restated: z.array(
    z.object({ machineId: z.number().int(), shiftId: z.number().int(), version: z.number() }),
  ),
});
export type CorrectionView = z.infer<typeof CorrectionView>;

/** One run as a correction chooses it. */
export const RunToCorrect = z.object({
  runId: z.uuid(),
  jobId: z.uuid(),
  position: z.number().int(),
  orderId: z.uuid(),
  orderCode: z.string(),
  operation: z.string(),
  productName: z.string(),
  start: z.number(),
  end: z.number().nullable(),
  good: z.number(),
  scrap: z.number(),
  lots: z.array(z.object({ lotId: z.uuid(), code: z.string(), role: z.enum(["in", "out"]) })),
});
export type RunToCorrect = z.infer<typeof RunToCorrect>;
