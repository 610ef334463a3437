import fc from "fast-check";
import { expect, test } from "vitest";
import { type Change, changesOf, sameValue, whyNotAsLeft, whyNotUndo } from "./history.rules.ts";

type Fields = Record<string, unknown>;
let seq = 0;
const change = (before: Fields, after: Fields, undoes: number | null = null): Change => {
  seq += 1;
  const of = { action: "plant.change_machine", objectType: "machine", objectId: "3" };
  return { ...of, seq, at: seq * 1000, who: `Person ${seq}`, before, after, undoes };
};

test("only the fields that moved are a change; the order of keys and an absent field mean nothing", () => {
  const breaks = [{ start: "09:00", end: "09:15" }];
  const before = { name: "Press", breaks, kind: null };
  expect(
    changesOf({ before, after: { name: "Press 1", breaks: [{ end: "09:15", start: "09:00" }] } }),
  ).toEqual([{ field: "name", from: "Press", to: "Press 1" }]);
  expect(changesOf({ before: {}, after: { name: "Saw" } })).toEqual([
    { field: "name", from: null, to: "Saw" },
  ]);
  expect([sameValue([1, 2], [2, 1]), sameValue([1], [1, 2]), sameValue({}, [])]).toEqual([
    false,
    false,
    false,
  ]);
});

test("whoever changed the same field later stands in the way, by name and time; another field does not", () => {
  const first = change({ name: "a" }, { name: "b" });
  const other = change({ kind: "press" }, { kind: "saw" });
  expect(whyNotUndo(first, [other])).toBeNull();
  const later = change({ name: "b" }, { name: "c" });
  expect(whyNotUndo(first, [later, other])).toMatchObject({
    code: "changed_since",
    params: { who: later.who, at: later.at },
  });
});

test("a change is taken back once; taking back is not taken back; what was taken back frees what lies below", () => {
  const first = change({ name: "a" }, { name: "b" });
  const later = change({ name: "b" }, { name: "c" });
  const undone = change({ name: "c" }, { name: "b" }, later.seq);
  expect(whyNotUndo(later, [undone])?.code).toBe("already_undone");
  expect(whyNotUndo(undone, [])?.code).toBe("not_undoable");
  expect(whyNotUndo(first, [undone, later])).toBeNull();
});

test("a field that moved without a line in the record is not overwritten", () => {
  const named = change({ name: "a", kind: "press" }, { name: "b", kind: "press" });
  expect(whyNotAsLeft(named, { name: "b", kind: "saw" })).toBeNull();
  expect(whyNotAsLeft(named, { name: "from a file", kind: "press" })?.code).toBe("changed_otherwise");
});

test("however edits and undos follow each other, an undo puts back exactly its fields and overwrites nobody", () => {
  const field = fc.constantFrom("name", "kind", "microStopMs");
  const edit = fc.record({
    does: fc.constant("edit" as const),
    field,
    value: fc.integer({ min: 0, max: 3 }),
  });
  const undo = fc.record({ does: fc.constant("undo" as const), nth: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(fc.oneof(edit, undo), { maxLength: 30 }), (steps) => {
      const record: Fields = { name: 0, kind: 0, microStopMs: 0 };
      const lines: Change[] = [];
      // Of each field, the edits that stand: what an undo may take is the top one only.
      const standing: Record<string, Change[]> = { name: [], kind: [], microStopMs: [] };
      for (const step of steps) {
        if (step.does === "edit") {
          const before = { [step.field]: record[step.field] };
          const line = change(before, { [step.field]: step.value });
          record[step.field] = step.value;
          lines.unshift(line);
          if (changesOf(line).length > 0) standing[step.field]?.push(line);
          continue;
        }
        const at = step.nth % Math.max(1, lines.length);
        const target = lines[at];
        if (target === undefined || changesOf(target).length === 0) continue;
        const name = Object.keys(target.after)[0] ?? "";
        const why = whyNotUndo(target, lines.slice(0, at));
        const isTop = standing[name]?.at(-1) === target;
        expect(why === null).toBe(isTop);
        if (why !== null) continue;
        expect(whyNotAsLeft(target, record)).toBeNull();
        lines.unshift(change({ [name]: record[name] }, { [name]: target.before[name] }, target.seq));
        record[name] = target.before[name];
        standing[name]?.pop();
      }
    }),
    { numRuns: 500 },
  );
});
