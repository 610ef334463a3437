import type { Tx } from "#db/client.ts";
import { type Action, whyNotAllowed } from "./access.rules.ts";
import type { Actor } from "./actor.contract.ts";
import type { CommandContext } from "./command.ts";
import type { Change } from "./history.rules.ts";
import { Refusal } from "./refusal.contract.ts";

/** How one kind of change is taken back. Features export theirs; `features.ts` gathers them. */
export interface Undoer {
  /** The audit action and the kind of record that it takes back. */
  readonly action: string;
  readonly objectType: string;
  /** Which of them; left out = every change that had something before, so no addition. */
  readonly takes?: (change: Change) => boolean;
  /** The right that the edit itself needs. */
  readonly allow: Action;
  /**
   * Locks the record's row and reads its fields under the names of the audit row, so that nothing is overwritten that
   * somebody changes in this very moment. Null = there is no such record any more.
   */
  readonly lock: (tx: Tx, change: Change) => Promise<Readonly<Record<string, unknown>> | null>;
  /**
   * Puts back `change.before` through the same rules as the edit: as a rule `edit.part(context, {…})`. What it audits
   * is written as one line `history.undo` that names the change. @throws Refusal record_in_use and the edit's own
   */
  readonly run: (context: CommandContext, change: Change) => Promise<unknown>;
}

/** Says how the change `action` of `objectType` is taken back. */
export function defineUndo(undoer: Undoer): Undoer {
  return undoer;
}

/** Who takes back this change, if anybody can. */
export function undoerOf(undoers: readonly Undoer[], change: Change): Undoer | undefined {
  const takes = (undoer: Undoer) => undoer.takes?.(change) ?? Object.keys(change.before).length > 0;
  return undoers.find((u) => u.action === change.action && u.objectType === change.objectType && takes(u));
}

/** Why this person cannot take back this kind of change, whatever happened to the record since. */
export function whyNotUndoer(undoers: readonly Undoer[], actor: Actor, change: Change): Refusal | null {
  const found = undoerOf(undoers, change);
  return found === undefined ? new Refusal("not_undoable") : whyNotAllowed(actor, found.allow);
}
