import type { StopReasonRecord } from "./reasons.contract.ts";

/** A machine offers at most so many reasons: more are not read by somebody who stands before a stopped machine. */
export const mostReasons = 25;

/**
 * The code of a record that is named anew. Words in other languages hang on the code of a seeded one and would hide
 * the plant's own name: it gets a code that has none.
 */
export function codeOfNewName(code: string, own: string): string {
  return /^[rg][0-9a-f]{8}$/.test(code) ? code : own;
}

/** How many reasons a machine of each kind offers; null = a kind that has none of its own. */
export function offeredByKind(
  reasons: readonly Pick<StopReasonRecord, "active" | "machineKind">[],
  kinds: readonly string[],
): ReadonlyMap<string, number> {
  const all = reasons.filter(({ active, machineKind }) => active && machineKind === null).length;
  return new Map(
    kinds.map((kind) => [
      kind,
      all + reasons.filter(({ active, machineKind }) => active && machineKind === kind).length,
    ]),
  );
}

/** The kind of machine that would offer the most reasons, and how many; kinds that no machine has count too. */
export function fullest(reasons: readonly Pick<StopReasonRecord, "active" | "machineKind">[]): {
  readonly kind: string | null;
  readonly count: number;
} {
  const kinds = [...new Set(reasons.flatMap(({ machineKind }) => machineKind ?? []))];
  const all = reasons.filter(({ active, machineKind }) => active && machineKind === null).length;
  let most: { kind: string | null; count: number } = { kind: null, count: all };
  for (const [kind, count] of offeredByKind(reasons, kinds)) if (count > most.count) most = { kind, count };
  return most;
}
