import { z } from "zod";
import { longId, longIdInPath } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";

/** Something that came and could not be stored as a reading. */
export const DeadLetterView = z.object({
  id: z.number().int(),
  edgeId: z.number().int(),
  edgeCode: z.string(),
  tagId: z.number().int().nullable(),
  tagName: z.string().nullable(),
  machineCode: z.string().nullable(),
  /** See `deadReasons` of the block's contract; `frame_…` = a whole frame that nobody could decode. */
  reason: z.string(),
  /** JSON of the reading, base64 of a frame. */
  raw: z.string(),
  sha256: z.string(),
  seq: z.number().nullable(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  times: z.number().int(),
  state: z.enum(["open", "discarded", "replayed"]),
  note: z.string().nullable(),
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;

export const DeadLetterFilter = z.object({
  state: z.enum(["open", "discarded", "replayed"]).default("open"),
  reason: z.string().max(64).optional(),
  /** Only letters older than this id: the next page. */
  before: longIdInPath().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type DeadLetterFilter = z.infer<typeof DeadLetterFilter>;

export const DiscardDeadLetters = z.object({
  ids: z.array(longId()).min(1).max(2000),
  reason: plainText(400),
});

/** Takes up again what a mended mapping can read now. */
export const ReplayDeadLetters = z.object({ ids: z.array(longId()).min(1).max(2000) });

/** Letters that say the same of the same: what a person decides about at once. */
export const LetterGroup = z.object({
  key: z.string(),
  edgeCode: z.string(),
  reason: z.string(),
  sourceId: z.number().int().nullable(),
  metric: z.string().nullable(),
  tagId: z.number().int().nullable(),
  tagName: z.string().nullable(),
  machineCode: z.string().nullable(),
  letters: z.number().int(),
  /** How often it came; a frame that is sent again and again is one letter. */
  times: z.number().int(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  /** The newest, as it came. */
  example: z.string(),
  /** False for frames and messages that hold no single reading. */
  replayable: z.boolean(),
  ids: z.array(z.number().int()),
});
export type LetterGroup = z.infer<typeof LetterGroup>;

/** Readings that will never come, and why. */
export const GapView = z.object({
  id: z.number().int(),
  edgeId: z.number().int(),
  edgeCode: z.string(),
  sourceCode: z.string().nullable(),
  machineCode: z.string().nullable(),
  /** How many readings or events, where the edge's queue lost them; null = not known. */
  count: z.number().nullable(),
  from: z.number().nullable(),
  to: z.number().nullable(),
  reason: z.string(),
  recordedAt: z.number(),
});
export type GapView = z.infer<typeof GapView>;
