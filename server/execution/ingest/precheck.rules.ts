import { type DeadReading, noTag, type ReadingColumns } from "#server/edge/block.contract.ts";
import type { Samples } from "../live/sample-bus.ts";

/** Dead letters keep this much of what came. */
export const maxRaw = 64 * 1024;
/** Longer texts are no values of a machine. */
export const maxText = 4096;
/** Readings from further in the future than this are dead letters, as in `ingest_batch`. */
export const maxAheadMs = 5 * 60_000;

export interface CheckedColumns {
  readonly columns: ReadingColumns;
  /** The block's own dead readings and those found here, by seq. */
  readonly dead: readonly { readonly seq: number; readonly reason: string; readonly raw: string }[];
}

/** JSON text that Postgres can hold: control characters are escaped by JSON itself, the length is cut. */
export function rawText(raw: unknown): string {
  return (JSON.stringify(raw) ?? "null").slice(0, maxRaw);
}

/**
 * One loop over a decoded block. The edge has checked all this; a device that is its own edge may not have. What
 * the database could not even receive (a NUL, an id beyond its type) becomes a dead reading here; times and
 * unknown tags are judged by `ingest_batch`. Times are rounded to the millisecond that the database keeps.
 */
export function checkColumns(
  first: number,
  columns: ReadingColumns,
  blockDead: readonly DeadReading[],
): CheckedColumns {
  const { tagIds, sourceTs, edgeTs, num, txt, quality } = columns;
  const dead = blockDead.map(({ seq, reason, raw }) => ({
    seq,
    reason: reason as string,
    raw: rawText(raw),
  }));
  let ids = tagIds;
  let texts: (string | null)[] | null = null;
  for (let i = 0; i < tagIds.length; i++) {
    sourceTs[i] = Math.round(sourceTs[i] as number);
    edgeTs[i] = Math.round(edgeTs[i] as number);
    const tagId = tagIds[i] as number;
    if (tagId === noTag) continue;
    const reason = whyDead(tagId, txt[i] ?? null);
    if (reason === null) continue;
    // The columns belong to the block; only this copy knows the reading as dead.
    if (ids === tagIds) {
      ids = tagIds.slice();
      texts = [...txt];
    }
    ids[i] = noTag;
    if (texts !== null) texts[i] = null;
    const raw = { tagId, sourceTime: sourceTs[i], value: txt[i] ?? String(num[i]), quality: quality[i] };
    dead.push({ seq: first + i, reason, raw: rawText(raw) });
  }
  if (texts === null) return { columns, dead };
  return { columns: { ...columns, tagIds: ids, txt: texts }, dead: dead.toSorted((a, b) => a.seq - b.seq) };
}

function whyDead(tagId: number, text: string | null): "unknown_tag" | "nul_in_text" | "too_long" | null {
  if (tagId > 2_147_483_647) return "unknown_tag";
  if (text === null) return null;
  if (text.length > maxText) return "too_long";
  return text.includes("\0") ? "nul_in_text" : null;
}

/**
 * What of a block may be shown as live: nothing from the future, nothing of another edge's tags. Most blocks pass as
 * they are.
 */
export function liveSamples(columns: ReadingColumns, now: number, owns: (tagId: number) => boolean): Samples {
  const limit = now + maxAheadMs;
  const { sourceTs, tagIds } = columns;
  const fits = (i: number) => (sourceTs[i] as number) <= limit && owns(tagIds[i] as number);
  let all = true;
  for (let i = 0; i < tagIds.length && all; i++) all = fits(i);
  if (all) return columns;
  const keep = Array.from(tagIds.keys()).filter(fits);
  const pick = (column: ArrayLike<number>) => keep.map((i) => column[i] as number);
  return {
    tagIds: pick(tagIds),
    sourceTs: pick(sourceTs),
    num: pick(columns.num),
    txt: keep.map((i) => columns.txt[i] ?? null),
    quality: pick(columns.quality),
  };
}
