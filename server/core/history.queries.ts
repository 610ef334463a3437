import { and, desc, eq, gt } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { audit } from "#db/schema/core/core.ts";
import type { Actor } from "./actor.contract.ts";
import type { HistoryEntry } from "./history.contract.ts";
import { type Change, changesOf, isFields, whyNotUndo } from "./history.rules.ts";
import { type Undoer, whyNotUndoer } from "./undo.ts";

type Row = typeof audit.$inferSelect;

/** So many changes of a record are shown; older ones stand in the record of all writes. */
const mostShown = 200;

function changeOf(row: Row): Change {
  const { undoes, ...after } = isFields(row.after) ? row.after : {};
  const { seq, action, objectType, objectId, before } = row;
  return {
    seq,
    at: row.at.getTime(),
    who: (row.actor as Actor).name,
    action,
    objectType,
    objectId,
    before: isFields(before) ? before : {},
    after,
    undoes: typeof undoes === "number" ? undoes : null,
  };
}

/** The history of one record, newest first, and what of it this person can take back now. */
export async function readHistory(
  db: Db | Tx,
  undoers: readonly Undoer[],
  actor: Actor,
  of: { objectType: string; objectId: string },
): Promise<HistoryEntry[]> {
  const rows = await db
    .select()
    .from(audit)
    .where(and(eq(audit.objectType, of.objectType), eq(audit.objectId, of.objectId)))
    .orderBy(desc(audit.seq))
    .limit(mostShown);
  const changes = rows.map(changeOf);
  return rows.map((row, i) => {
    const change = changes[i] ?? changeOf(row);
    const why = whyNotUndoer(undoers, actor, change) ?? whyNotUndo(change, changes.slice(0, i));
    return {
      seq: change.seq,
      at: change.at,
      actor: row.actor as Actor,
      action: change.action,
      changes: changesOf(change),
      reason: row.reason,
      undoes: change.undoes,
      whyNot: why === null ? null : { code: why.code, params: why.params },
    };
  });
}

export async function changeBySeq(db: Db | Tx, seq: number): Promise<Change | undefined> {
  const [row] = await db.select().from(audit).where(eq(audit.seq, seq));
  return row === undefined ? undefined : changeOf(row);
}

/** Every later change of the same record, newest first. */
export async function changesSince(db: Db | Tx, change: Change): Promise<Change[]> {
  const { objectType, objectId, seq } = change;
  const rows = await db
    .select()
    .from(audit)
    .where(and(eq(audit.objectType, objectType), eq(audit.objectId, objectId), gt(audit.seq, seq)))
    .orderBy(desc(audit.seq));
  return rows.map(changeOf);
}
