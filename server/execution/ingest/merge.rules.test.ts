import fc from "fast-check";
import { expect, test } from "vitest";
import type { ReadingBatch } from "./ingest-call.ts";
import { asDead, mergeBatches, sliceBatch } from "./merge.rules.ts";

function batch(first: number, values: readonly number[], deadAt: readonly number[] = []): ReadingBatch {
  return {
    streamId: 1,
    epoch: "00000000000000aa",
    first,
    historical: false,
    dead: deadAt.map((i) => ({ seq: first + i, reason: "unreadable", raw: "1" })),
    columns: {
      tagIds: Uint32Array.from(values, (_, i) => (deadAt.includes(i) ? 0 : 7)),
      sourceTs: Float64Array.from(values, (v) => v * 10),
      edgeTs: Float64Array.from(values),
      num: Float64Array.from(values),
      txt: values.map((v) => (v % 2 === 0 ? null : `t${v}`)),
      quality: Uint8Array.from(values, (v) => v % 4),
    },
  };
}

const Values = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 20 });

test("merging and cutting again gives every part back", () => {
  fc.assert(
    fc.property(fc.array(Values, { minLength: 1, maxLength: 6 }), (parts) => {
      let first = 1;
      const batches = parts.map((values) => {
        const made = batch(first, values, values.length > 2 ? [1] : []);
        first += values.length;
        return made;
      });
      const merged = mergeBatches(batches);
      for (const part of batches) {
        const from = part.first - merged.first;
        expect(sliceBatch(merged, from, from + part.columns.tagIds.length)).toEqual(part);
      }
    }),
  );
});

test("a reading that cannot be stored keeps its place as a dead one, with what it said", () => {
  const dead = asDead(batch(42, [3]), "out of paper");
  expect([...dead.columns.tagIds]).toEqual([0]);
  expect(dead.dead).toHaveLength(1);
  expect(dead.dead[0]).toMatchObject({ seq: 42, reason: "unreadable" });
  expect(JSON.parse(dead.dead[0]?.raw ?? "")).toMatchObject({
    tagId: 7,
    value: "t3",
    reason: "out of paper",
  });
});
