import type { ReadingColumns } from "#server/edge/block.contract.ts";
import { noTag } from "#server/edge/block.contract.ts";
import type { DeadRow, ReadingBatch } from "./ingest-call.ts";

/** More readings in one call make it hardly faster, and a failed call dearer. */
export const maxBatch = 2000;

/** Joins the batches of one stream whose sequences follow one another. */
export function mergeBatches(batches: readonly ReadingBatch[]): ReadingBatch {
  const [head] = batches;
  if (head === undefined) throw new Error("nothing to merge");
  if (batches.length === 1) return head;
  const parts = batches.map((batch) => batch.columns);
  const length = parts.reduce((sum, columns) => sum + columns.tagIds.length, 0);
  const columns = {
    tagIds: new Uint32Array(length),
    sourceTs: new Float64Array(length),
    edgeTs: new Float64Array(length),
    num: new Float64Array(length),
    quality: new Uint8Array(length),
    txt: parts.flatMap((part) => part.txt),
  };
  let at = 0;
  for (const part of parts) {
    columns.tagIds.set(part.tagIds, at);
    columns.sourceTs.set(part.sourceTs, at);
    columns.edgeTs.set(part.edgeTs, at);
    columns.num.set(part.num, at);
    columns.quality.set(part.quality, at);
    at += part.tagIds.length;
  }
  return { ...head, columns, dead: batches.flatMap((batch) => batch.dead) };
}

/** Readings `from … to - 1` (indexes) of a batch, with their own sequence. */
export function sliceBatch(batch: ReadingBatch, from: number, to: number): ReadingBatch {
  const { columns, first } = batch;
  const part: ReadingColumns = {
    tagIds: columns.tagIds.slice(from, to),
    sourceTs: columns.sourceTs.slice(from, to),
    edgeTs: columns.edgeTs.slice(from, to),
    num: columns.num.slice(from, to),
    txt: columns.txt.slice(from, to),
    quality: columns.quality.slice(from, to),
  };
  const dead = batch.dead.filter(({ seq }) => seq >= first + from && seq < first + to);
  return { ...batch, first: first + from, columns: part, dead };
}

/** A batch of one reading that the database would not take, as a batch of one dead reading. */
export function asDead(batch: ReadingBatch, reason: string): ReadingBatch {
  const { columns, first } = batch;
  const raw = {
    tagId: columns.tagIds[0] ?? noTag,
    sourceTime: columns.sourceTs[0] ?? null,
    value: columns.txt[0] ?? String(columns.num[0]),
    quality: columns.quality[0] ?? null,
  };
  const row: DeadRow = { seq: first, reason: "unreadable", raw: JSON.stringify({ ...raw, reason }) };
  const none: ReadingColumns = {
    ...columns,
    tagIds: Uint32Array.of(noTag),
    num: Float64Array.of(Number.NaN),
    txt: [null],
    quality: Uint8Array.of(2),
  };
  return { ...batch, columns: none, dead: [row] };
}
