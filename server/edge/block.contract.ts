import { z } from "zod";

/** Header of a block; the columns follow it in binary form (server/edge/block.ts). Parsed by zod, once a block. */
export const BlockHeader = z.object({
  v: z.literal(1),
  kind: z.enum(["readings", "events"]),
  lane: z.number().int().min(0).max(63),
  epoch: z.string().regex(/^[0-9a-f]{16}$/),
  first: z.number().int().positive(),
  count: z.number().int().min(1).max(2000),
  historical: z.boolean(),
  /** When the edge appended the first reading, ms. */
  edgeTime: z.number(),
});
export type BlockHeader = z.infer<typeof BlockHeader>;

/**
 * Columns of a block of readings, all `count` long: the reading at index i has seq `first + i`. `num` is NaN where
 * the value is text, `txt` null where it is a number; both at once say that the source has no value. Booleans are
 * num 0 or 1. A dead reading keeps its place with tag id `noTag`, so that seq never has a hole inside a block.
 */
export interface ReadingColumns {
  readonly tagIds: Uint32Array;
  /** ms since epoch, on the source's clock. */
  readonly sourceTs: Float64Array;
  readonly edgeTs: Float64Array;
  readonly num: Float64Array;
  readonly txt: readonly (string | null)[];
  readonly quality: Uint8Array;
}

/** Tag id in the place of a dead reading; no tag has this id. */
export const noTag = 0;

/** A reading that must not be stored as such, with its place in the block's sequence. */
export interface DeadReading {
  readonly seq: number;
  readonly reason: DeadReason;
  /** What came, at most 64 KiB of it, as JSON that PostgreSQL can hold (no NUL, no lone surrogate). */
  readonly raw: unknown;
}

/** What the edge puts into `raw`; a device that is its own edge may put there what it has. */
export interface DeadRaw {
  readonly sourceId: number;
  readonly metric: string;
  readonly tagId: number | null;
  /** Numbers that JSON has no word for (NaN, Infinity, bigint) stand as text. */
  readonly value: number | string | boolean | null;
  readonly unit: string | null;
  readonly sourceTime: number | string;
  readonly edgeTime: number;
}

export const deadReasons = [
  "unknown_tag",
  "not_a_number",
  "wrong_type",
  "wrong_unit",
  "out_of_range",
  "time_too_old",
  "time_in_future",
  "time_in_seconds",
  "nul_in_text",
  "too_long",
  "unreadable",
] as const;
export type DeadReason = (typeof deadReasons)[number];
