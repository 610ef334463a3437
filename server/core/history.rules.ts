import type { FieldChange } from "./history.contract.ts";
import { Refusal } from "./refusal.contract.ts";

/** What is needed of a line of the record to say whether it can be taken back. */
export interface Change {
  readonly seq: number;
  readonly at: number;
  readonly who: string;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  /** Fields before; empty where the record was made by this change. */
  readonly before: Readonly<Record<string, unknown>>;
  /** Fields after; empty where the record was taken away by it. */
  readonly after: Readonly<Record<string, unknown>>;
  /** The change that this one took back, or null. */
  readonly undoes: number | null;
}

/** Whether two stored values are the same; the order of an object's keys means nothing. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, i) => sameValue(value, b[i]));
  if (isFields(a) && isFields(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => sameValue(a[key], b[key]));
  }
  return (a ?? null) === (b ?? null);
}

export function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields that a change moved. */
export function changesOf({ before, after }: Pick<Change, "before" | "after">): FieldChange[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields
    .map((field) => ({ field, from: before[field] ?? null, to: after[field] ?? null }))
    .filter(({ from, to }) => !sameValue(from, to));
}

/**
 * Why a change cannot be taken back, from what happened to the record since: it was taken back already, or one of its
 * fields was changed later. A later change that was itself taken back stands in nobody's way.
 * @param newer every later change of the same record, newest first
 */
export function whyNotUndo(change: Change, newer: readonly Change[]): Refusal | null {
  if (change.undoes !== null) return new Refusal("not_undoable");
  if (newer.some((later) => later.undoes === change.seq)) return new Refusal("already_undone");
  const fields = new Set(changesOf(change).map(({ field }) => field));
  const undone = new Set(newer.map((later) => later.undoes));
  const standing = newer.find(
    (later) =>
      later.undoes === null &&
      !undone.has(later.seq) &&
      changesOf(later).some(({ field }) => fields.has(field)),
  );
  return standing === undefined ? null : new Refusal("changed_since", { who: standing.who, at: standing.at });
}

/**
 * Why the fields as they stand are not what the change left: something moved them that left no line under this record,
 * e.g. a file that was read in.
 */
export function whyNotAsLeft(change: Change, current: Readonly<Record<string, unknown>>): Refusal | null {
  const moved = changesOf(change).some(({ field, to }) => field in current && !sameValue(current[field], to));
  return moved ? new Refusal("changed_otherwise") : null;
}
