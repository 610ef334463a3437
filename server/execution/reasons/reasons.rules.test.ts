import { expect, test } from "vitest";
import { codeOfNewName, fullest, offeredByKind } from "./reasons.rules.ts";

const reason = (machineKind: string | null, active = true) => ({ machineKind, active });

test("a machine offers the reasons for every kind and those of its own, and none that is put away", () => {
  const reasons = [
    reason(null),
    reason(null),
    reason("press"),
    reason("saw"),
    reason("saw"),
    reason("saw", false),
  ];
  expect([...offeredByKind(reasons, ["press", "saw", "oven"])]).toEqual([
    ["press", 3],
    ["saw", 4],
    ["oven", 2],
  ]);
});

test("the fullest list is that of the kind with the most of its own, also where no such machine stands yet", () => {
  expect(fullest([])).toEqual({ kind: null, count: 0 });
  expect(fullest([reason(null), reason("press", false)])).toEqual({ kind: null, count: 1 });
  expect(fullest([reason(null), reason("press"), reason("saw"), reason("saw")])).toEqual({
    kind: "saw",
    count: 3,
  });
});

test("a code with words in other languages gives way to an own one; an own one stays", () => {
  expect(codeOfNewName("no_material", "r12345678")).toBe("r12345678");
  expect(codeOfNewName("rabcdef01", "r12345678")).toBe("rabcdef01");
});
