import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";

/** The edge row under which the hands of people are kept: it has no gateway, no token and no queue. */
export const handEdgeCode = "by-hand";
/** The driver of its one source. Whatever rests on such a tag is marked *manual*. */
export const manualDriver = "manual";

/**
 * How long what a person said of a machine holds, ms. A machine tells its state every few seconds; a person tells it
 * when it changes, so silence means "as before", but not beyond a shift and a half.
 */
export const manualStaleMs = 12 * 3_600_000;

/** How far back a person may say that a state began, ms. */
export const longestBackMs = 8 * 3_600_000;

/** What somebody who stands before a machine can say of it. */
export const manualWords = ["running", "stopped", "setup", "idle"] as const;
export const ManualWord = z.enum(manualWords);
export type ManualWord = z.infer<typeof ManualWord>;

export const MakeManual = z.object({ machineId: rowId() });

export const ReportState = z.object({
  machineId: rowId(),
  word: ManualWord,
  /** When it really began, if not now. */
  at: instant().optional(),
});

/** Parts made since the last report, not totals. */
export const ReportCount = z
  .object({
    machineId: rowId(),
    good: z.number().int().min(0).max(100_000).default(0),
    scrap: z.number().int().min(0).max(100_000).default(0),
  })
  .refine(({ good, scrap }) => good + scrap > 0, { message: "at least one part", path: ["good"] });
