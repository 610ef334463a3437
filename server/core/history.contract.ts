import { z } from "zod";
import { Actor } from "./actor.contract.ts";
import { longId } from "./number.contract.ts";
import { plainText } from "./text.contract.ts";

/** Whose history: a record as the audit names it, e.g. `machine` 3. */
export const HistoryOf = z.object({
  objectType: z
    .string()
    .max(64)
    .regex(/^[a-z_]+$/),
  objectId: z.string().min(1).max(128),
});

/** Takes back one change of a record. `auditSeq` is its line in the record of writes. */
export const UndoChange = z.object({ auditSeq: longId(), reason: plainText(400).optional() });

/** One field: what it was and what it became; null = it was not, or is not any more. */
export const FieldChange = z.object({ field: z.string(), from: z.unknown(), to: z.unknown() });
export type FieldChange = z.infer<typeof FieldChange>;

/** One change of a record: who, when, what, and whether it can be taken back. */
export const HistoryEntry = z.object({
  seq: z.number().int(),
  at: z.number(),
  actor: Actor,
  action: z.string(),
  changes: z.array(FieldChange),
  reason: z.string().nullable(),
  /** The change that this one took back. */
  undoes: z.number().int().nullable(),
  /** Null: whoever asked may take it back now. Else the refusal that says why not. */
  whyNot: z
    .object({ code: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])) })
    .nullable(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;
