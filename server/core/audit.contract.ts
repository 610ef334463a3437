import { z } from "zod";
import { instantInPath, longIdInPath } from "./number.contract.ts";
import { Actor } from "./actor.contract.ts";

/** Narrows the record. Times in ms; `before` = a sequence number, for the next page. */
export const AuditFilter = z.object({
  machine: z.coerce.number().int().positive().optional(),
  objectType: z.string().max(64).optional(),
  objectId: z.string().max(128).optional(),
  /** A person's id. */
  actor: z.uuid().optional(),
  /** An action, or the beginning of one up to a dot: `session` finds `session.start`. */
  action: z
    .string()
    .max(64)
    .regex(/^[a-z_]+(\.[a-z_]+)*$/)
    .optional(),
  from: instantInPath().optional(),
  to: instantInPath().optional(),
  before: longIdInPath().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type AuditFilter = z.infer<typeof AuditFilter>;

/** One line of the record: who did what to which object, before and after, and why. */
export const AuditView = z.object({
  seq: z.number().int(),
  at: z.number(),
  actor: Actor,
  /** Name of the station it was done at. */
  station: z.string().nullable(),
  action: z.string(),
  objectType: z.string(),
  objectId: z.string(),
  machineId: z.number().int().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  reason: z.string().nullable(),
});
export type AuditView = z.infer<typeof AuditView>;

/** What a walk over the whole chain found. `firstBad`: the first row that was changed, removed before, or put in. */
export const AuditVerdict = z.object({
  rows: z.number().int(),
  firstBad: z.number().int().nullable(),
  /** Hash of the last good row, hex: note it elsewhere, and a shortened chain shows. */
  head: z.string(),
});
export type AuditVerdict = z.infer<typeof AuditVerdict>;
