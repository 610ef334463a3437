import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

/** ISA-95 request and job states that we use; the database knows the same lists. */
const orderStates = ["waiting", "ready", "running", "held", "completed", "closed", "cancelled"] as const;
const jobStates = ["waiting", "ready", "running", "paused", "completed", "cancelled"] as const;

export const LotRef = z.object({
  lotId: z.uuid(),
  code: z.string(),
  role: z.enum(["in", "out"]),
  /** Name of the material or product it is a lot of. */
  name: z.string(),
  unit: z.string().nullable(),
  onHold: z.boolean(),
});
export type LotRef = z.infer<typeof LotRef>;

/** A job as a screen names it: on a position of a machine when it runs there. */
export const RunningJob = z.object({
  jobId: z.uuid(),
  /** Null while it is not running. */
  runId: z.uuid().nullable(),
  position: z.number().int().nullable(),
  since: z.number().nullable(),
  state: z.enum(jobStates),
  operation: z.string(),
  orderId: z.uuid(),
  orderCode: z.string(),
  productId: z.uuid(),
  productCode: z.string(),
  productName: z.string(),
  /** Parts to make, and made so far by the machine's counters. */
  quantity: z.number(),
  good: z.number(),
  scrap: z.number(),
  /** Ideal ms per part on this machine; null = no standard known. */
  idealMs: z.number().nullable(),
  /** Ideal ms per machine cycle. */
  cycleMs: z.number().nullable(),
  lots: z.array(LotRef),
  /** Its order is on hold: why, and since when. */
  hold: z.object({ reason: z.string(), at: z.number() }).nullable(),
});
export type RunningJob = z.infer<typeof RunningJob>;

/** A job with the machine it is planned for. */
export const WaitingJob = RunningJob.extend({
  machineId: z.number().int(),
  machineCode: z.string(),
  sequence: z.number().int(),
});
export type WaitingJob = z.infer<typeof WaitingJob>;

export const OrderView = z.object({
  id: z.uuid(),
  code: z.string(),
  productId: z.uuid(),
  productCode: z.string(),
  productName: z.string(),
  quantity: z.number(),
  due: z.number().nullable(),
  priority: z.number().int(),
  state: z.enum(orderStates),
  /** Code of the order it was split off from. */
  parentCode: z.string().nullable(),
  hold: z.object({ reason: z.string(), by: z.string(), at: z.number() }).nullable(),
  /** Why it was closed with fewer parts than asked for. */
  closedReason: z.string().nullable(),
  /** Version of the routing that held when it was made; null = its product had none. */
  routingVersion: z.number().int().nullable(),
  jobs: z.array(WaitingJob),
});
export type OrderView = z.infer<typeof OrderView>;

export const StartJob = z.object({
  machineId: rowId(),
  jobId: z.uuid(),
  /** Position of the machine; 1 where it has only one. */
  position: z.number().int().min(1).default(1),
  /** When it really began, if not now; readings since then belong to it. */
  at: instant().optional(),
  /** Material lots it begins with. */
  lotIds: z.array(z.uuid()).max(20).default([]),
});
export type StartJob = z.infer<typeof StartJob>;

export const PauseJob = z.object({
  machineId: rowId(),
  jobId: z.uuid(),
  at: instant().optional(),
  reason: plainText(200).optional(),
});
export type PauseJob = z.infer<typeof PauseJob>;

export const FinishJob = z.object({
  machineId: rowId(),
  jobId: z.uuid(),
  at: instant().optional(),
  /** What came out, as a lot of the product; left out = no lot is made. */
  out: z
    .object({ code: plainText(60), quantity: z.number().positive(), location: plainText(60).optional() })
    .optional(),
});
export type FinishJob = z.infer<typeof FinishJob>;

export const CreateOrder = z.object({
  code: codeText(40),
  productId: z.uuid(),
  quantity: z.number().int().positive().max(10_000_000),
  due: instant().nullable().default(null),
  /** 1 = most urgent … 9. */
  priority: z.number().int().min(1).max(9).default(5),
  /** In the order in which they are done; each makes the whole quantity. Left out = as the product's routing says. */
  jobs: z
    .array(z.object({ machineId: rowId(), operation: plainText(60) }))
    .min(1)
    .max(20)
    .optional(),
});
export type CreateOrder = z.infer<typeof CreateOrder>;
