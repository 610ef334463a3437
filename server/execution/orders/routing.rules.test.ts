import { expect, test } from "vitest";
import type { Operation } from "./routing.contract.ts";
import { jobsOf, machinesFor, whyNotRouting } from "./routing.rules.ts";

const machines = [
  { id: 1, kind: "press" },
  { id: 2, kind: "press" },
  { id: 3, kind: "oven" },
];
const operation = (sequence: number, name: string, given: Partial<Operation> = {}): Operation => ({
  sequence,
  name,
  machineKind: "press",
  machineIds: [],
  setupMs: 0,
  skillId: null,
  ...given,
});

test("an operation runs on every machine of its kind and on those that are named", () => {
  expect(machinesFor(operation(10, "mould"), machines).map(({ id }) => id)).toEqual([1, 2]);
  expect(machinesFor(operation(10, "mould", { machineIds: [3] }), machines).map(({ id }) => id)).toEqual([
    1, 2, 3,
  ]);
  expect(machinesFor(operation(10, "mould", { machineKind: null, machineIds: [2] }), machines)).toMatchObject(
    [{ id: 2 }],
  );
});

test("two operations never share a number or a name, and each has a machine somewhere", () => {
  expect(whyNotRouting([operation(10, "mould"), operation(20, "deburr")], machines)).toBeNull();
  expect(whyNotRouting([operation(10, "mould"), operation(10, "deburr")], machines)).toMatchObject({
    code: "operation_twice",
    params: { value: "10" },
  });
  expect(whyNotRouting([operation(10, "mould"), operation(20, "Mould")], machines)).toMatchObject({
    code: "operation_twice",
    params: { value: "mould" },
  });
  expect(whyNotRouting([operation(10, "paint", { machineKind: "robot" })], machines)).toMatchObject({
    code: "operation_nowhere",
    params: { operation: "paint" },
  });
  expect(whyNotRouting([operation(10, "paint", { machineIds: [9] })], machines)).toMatchObject({
    code: "not_found",
  });
});

test("an order goes to the machine that has a standard, in the order of the operations", () => {
  const made = jobsOf(
    [
      { sequence: 20, name: "temper", machines: [{ id: 3 }] },
      { sequence: 10, name: "mould", machines: [{ id: 1 }, { id: 2 }] },
    ],
    new Set([2]),
  );
  expect(made).toEqual([
    { sequence: 10, operation: "mould", machineId: 2 },
    { sequence: 20, operation: "temper", machineId: 3 },
  ]);
});
