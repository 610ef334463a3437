import type { AuditEntry } from "./audit.ts";
import { whyNotAllowed } from "./access.rules.ts";
import { type Command, defineCommand } from "./command.ts";
import { UndoChange } from "./history.contract.ts";
import { changeBySeq, changesSince } from "./history.queries.ts";
import { isFields, whyNotAsLeft, whyNotUndo } from "./history.rules.ts";
import { Refusal } from "./refusal.contract.ts";
import { type Undoer, undoerOf } from "./undo.ts";

/**
 * Takes back one change of a record: what it was before stands again, through the same rules as the edit. Never
 * overwrites what somebody changed later, and takes nothing back twice. Whoever may read the record of writes may ask;
 * then the right of the edit decides.
 * @throws Refusal not_found, not_undoable, not_allowed, already_undone, changed_since, changed_otherwise, and the edit's
 */
export function undoChange(
  undoers: readonly Undoer[],
): Command<{ auditSeq: number; reason?: string | undefined }, { objectType: string; objectId: string }> {
  return defineCommand({
    name: "history.undo",
    input: UndoChange,
    allow: () => ({ action: "audit.read" }),
    run: async (context, { auditSeq, reason }) => {
      const { tx, actor } = context;
      const change = await changeBySeq(tx, auditSeq);
      if (change === undefined) throw new Refusal("not_found", {}, "auditSeq");
      const undoer = undoerOf(undoers, change);
      if (undoer === undefined) throw new Refusal("not_undoable");
      const mayNot = whyNotAllowed(actor, undoer.allow);
      if (mayNot !== null) throw mayNot;
      // The lock first: whoever changes the record now has their line in the audit before this goes on.
      const current = await undoer.lock(tx, change);
      const why = whyNotUndo(change, await changesSince(tx, change));
      if (why !== null) throw why;
      if (current === null) throw new Refusal("not_found", {}, "auditSeq");
      const moved = whyNotAsLeft(change, current);
      if (moved !== null) throw moved;

      const { objectType, objectId } = change;
      let named = false;
      const asUndo = (entry: AuditEntry): AuditEntry => {
        if (entry.objectType !== objectType || entry.objectId !== objectId) return entry;
        named = true;
        const after = { ...(isFields(entry.after) ? entry.after : {}), undoes: auditSeq };
        return { ...entry, action: "history.undo", after, reason: reason ?? entry.reason };
      };
      await undoer.run({ ...context, audit: (entry) => context.audit(asUndo(entry)) }, change);
      if (!named) {
        const after = { ...change.before, undoes: auditSeq };
        context.audit({ action: "history.undo", objectType, objectId, before: change.after, after, reason });
      }
      return { objectType, objectId };
    },
  });
}
