import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

const JobAt = z.object({
  machineId: z.number().int(),
  position: z.number().int(),
  jobId: z.uuid(),
  orderId: z.uuid(),
  productId: z.uuid(),
  runId: z.uuid(),
  /** Source time at which it began or ended, ms. */
  at: z.number(),
});

/** Scope of all: `machine:<id>`. A change of job ends a running verification (design §5). */
export const jobStarted = defineFact("job.started", JobAt);
export const jobPaused = defineFact("job.paused", JobAt);
export const jobFinished = defineFact("job.finished", JobAt);
/** `from` … `to` = the time in which another job may hold now than was thought before. */
export const jobCorrected = defineFact("job.corrected", JobAt.extend({ from: z.number(), to: z.number() }));
/** Scope `plant`; null = only the order of a queue changed. */
export const orderChanged = defineFact(
  "order.changed",
  z.object({ orderId: z.uuid().nullable(), state: z.string() }),
);
/** What waits for a machine, or whether what runs there is on hold, is another one now. Scope `machine:<id>`. */
export const queueChanged = defineFact("job.queueChanged", z.object({ machineId: z.number().int() }));
