import { Refusal } from "#server/core/refusal.contract.ts";
import type { Operation } from "./routing.contract.ts";

interface Machine {
  readonly id: number;
  readonly kind: string;
}

/** Machines that can run an operation: those that are named, and every one of its kind. */
export function machinesFor<M extends Machine>(
  operation: Pick<Operation, "machineKind" | "machineIds">,
  machines: readonly M[],
): M[] {
  return machines.filter(
    ({ id, kind }) => kind === operation.machineKind || operation.machineIds.includes(id),
  );
}

/** Why a product cannot be made like this, or null. */
export function whyNotRouting(
  operations: readonly Operation[],
  machines: readonly Machine[],
): Refusal | null {
  const twice = (values: readonly string[]) => values.find((one, i) => values.indexOf(one) !== i);
  const sequence = twice(operations.map((one) => String(one.sequence)));
  if (sequence !== undefined) return new Refusal("operation_twice", { value: sequence }, "operations");
  const name = twice(operations.map((one) => one.name.toLowerCase()));
  if (name !== undefined) return new Refusal("operation_twice", { value: name }, "operations");
  const known = new Set(machines.map(({ id }) => id));
  if (operations.some((one) => one.machineIds.some((id) => !known.has(id))))
    return new Refusal("not_found", {}, "operations");
  const nowhere = operations.find((one) => machinesFor(one, machines).length === 0);
  if (nowhere === undefined) return null;
  return new Refusal("operation_nowhere", { operation: nowhere.name }, "operations");
}

/** In the order in which they are done. */
export function inSequence<T extends { readonly sequence: number }>(operations: readonly T[]): T[] {
  return operations.toSorted((a, b) => a.sequence - b.sequence);
}

/**
 * The jobs of an order that says none itself: one an operation, at the first machine that has a standard for the
 * product, else at the first that can run it.
 */
export function jobsOf(
  operations: readonly {
    readonly sequence: number;
    readonly name: string;
    readonly machines: readonly { readonly id: number }[];
  }[],
  timed: ReadonlySet<number>,
): { sequence: number; operation: string; machineId: number }[] {
  return inSequence(operations).flatMap(({ sequence, name, machines }) => {
    const machine = machines.find(({ id }) => timed.has(id)) ?? machines[0];
    return machine === undefined ? [] : [{ sequence, operation: name, machineId: machine.id }];
  });
}

/** Whether two say the same of how a product is made, both in sequence. */
export const sameOperations = (a: readonly Operation[], b: readonly Operation[]): boolean =>
  JSON.stringify(a.map(plain)) === JSON.stringify(b.map(plain));

const plain = ({ sequence, name, machineKind, machineIds, setupMs, skillId }: Operation) => [
  sequence,
  name,
  machineKind,
  machineIds.toSorted((x, y) => x - y),
  setupMs,
  skillId,
];
