import { z } from "zod";
import type { BlockHeader } from "./block.contract.ts";
import { StreamGap } from "./uplink.contract.ts";

/** Readings or events of one lane: what the server calls a stream of this edge, one for each kind. */
export type Kind = BlockHeader["kind"];

/** One numbered sequence of blocks: seq grows by one per reading (or event) within it, for ever. */
export interface EpochName {
  readonly kind: Kind;
  readonly lane: number;
  readonly epoch: string;
}

/**
 * What the queue knows of an epoch, written in the same synced batch as the blocks it describes. So opening the
 * queue costs one record per epoch and one block per epoch, however much lies on the disk.
 */
export const EpochRecord = z.object({
  /** Order of creation; the newest epoch of a stream is the live one. */
  born: z.number().int(),
  /** First seq that may still lie on the disk. */
  first: z.number().int().positive(),
  /** The next seq to be given. */
  next: z.number().int().positive(),
  /** Highest seq the server has acknowledged. */
  acked: z.number().int().nonnegative(),
  /** Blocks on the disk, and their bytes. */
  blocks: z.number().int().nonnegative(),
  bytes: z.number().nonnegative(),
  /** What was lost of it, each under a gap event. */
  gaps: z.array(StreamGap.omit({ stream: true })),
});
export type EpochRecord = z.infer<typeof EpochRecord>;

/** "At this time (ms) everything up to this seq was acknowledged": acked blocks go by the age of their ack. */
export const AckMarks = z.array(z.object({ at: z.number(), acked: z.number().int() }));
export type AckMarks = z.infer<typeof AckMarks>;

/** [source time, number or null, quality] of a point in an open window. */
const SavedPoint = z.tuple([z.number(), z.number().nullable(), z.number()]);

/** The open windows of a fast tag: what was answered as stored and is not given out as a mean yet. */
export const SavedWindow = z.object({
  tagId: z.number().int(),
  lengthMs: z.number(),
  closedUntil: z.number(),
  held: z.boolean(),
  before: SavedPoint.nullable(),
  points: z.array(SavedPoint),
});
export type SavedWindow = z.infer<typeof SavedWindow>;

/**
 * How far a source has come: the last batch of a device's own store, and up to when each of its devices was heard:
 * the newest stored reading of its own and of the present (source time, ms).
 */
export const SourceMark = z.object({
  receipt: z.object({ session: z.string(), id: z.number().int() }).optional(),
  heard: z.record(z.string(), z.number()).optional(),
  windows: z.array(SavedWindow).optional(),
});
export type SourceMark = z.infer<typeof SourceMark>;

export function sourceKey(sourceId: number): string {
  return `s|${String(sourceId).padStart(10, "0")}`;
}

const letter = { readings: "r", events: "e" } as const;
const kindOf: Readonly<Record<string, Kind>> = { r: "readings", e: "events" };

/** `r|07|<epoch>`; lanes and seqs have a fixed width so that keys sort as numbers do. */
export function epochKey(name: EpochName): string {
  return `${letter[name.kind]}|${String(name.lane).padStart(2, "0")}|${name.epoch}`;
}

export function blockKey(name: EpochName, first: number): string {
  return `b|${epochKey(name)}|${String(first).padStart(16, "0")}`;
}

export function recordKey(name: EpochName): string {
  return `m|${epochKey(name)}`;
}

export function marksKey(name: EpochName): string {
  return `t|${epochKey(name)}`;
}

/** Where a block lies that could not be read or was refused: kept for people, never sent. */
export function asideKey(name: EpochName, first: number): string {
  return `x|${epochKey(name)}|${String(first).padStart(16, "0")}`;
}

/** Everything whose key begins so. */
export function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: `${prefix}|`, lt: `${prefix}}` };
}

/** @returns null for a key that is none of ours. */
export function parseKey(key: string): { name: EpochName; first: number | null } | null {
  const match = /^[bmtx]\|([re])\|(\d\d)\|([0-9a-f]{16})(?:\|(\d{16}))?$/.exec(key);
  const kind = kindOf[match?.[1] ?? ""];
  const epoch = match?.[3];
  if (match === null || kind === undefined || epoch === undefined) return null;
  return {
    name: { kind, lane: Number(match[2]), epoch },
    first: match[4] === undefined ? null : Number(match[4]),
  };
}
