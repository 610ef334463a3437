import { and, asc, desc, eq, gt, gte, like, lt, or } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { audit } from "#db/schema/core/core.ts";
import { station } from "#db/schema/execution/stations.ts";
import type { Actor } from "./actor.contract.ts";
import { auditHash } from "./audit.ts";
import type { AuditFilter, AuditVerdict, AuditView } from "./audit.contract.ts";

/** The record, newest first. Rows only: nothing here counts or groups by person. */
export async function listAudit(db: Db | Tx, filter: AuditFilter): Promise<AuditView[]> {
  const { machine, objectType, objectId, actor, action, from, to, before } = filter;
  const rows = await db
    .select({ row: audit, station: station.name })
    .from(audit)
    .leftJoin(station, eq(station.id, audit.stationId))
    .where(
      and(
        machine === undefined ? undefined : eq(audit.machineId, machine),
        objectType === undefined ? undefined : eq(audit.objectType, objectType),
        objectId === undefined ? undefined : eq(audit.objectId, objectId),
        actor === undefined ? undefined : eq(audit.personId, actor),
        action === undefined
          ? undefined
          : or(eq(audit.action, action), like(audit.action, `${action.replaceAll("_", "\\_")}.%`)),
        from === undefined ? undefined : gte(audit.at, new Date(from)),
        to === undefined ? undefined : lt(audit.at, new Date(to)),
        before === undefined ? undefined : lt(audit.seq, before),
      ),
    )
    .orderBy(desc(audit.seq))
    .limit(filter.limit);
  return rows.map(({ row, station: name }) => ({
    seq: row.seq,
    at: row.at.getTime(),
    actor: row.actor as Actor,
    station: name,
    action: row.action,
    objectType: row.objectType,
    objectId: row.objectId,
    machineId: row.machineId,
    before: row.before,
    after: row.after,
    reason: row.reason,
  }));
}

/**
 * Recomputes the chain from its first row. Rows are numbered without holes, so a removed row shows at the next
 * one; rows cut off at the end show only against a head that was noted elsewhere.
 */
export async function verifyAudit(db: Db | Tx, pageSize = 2000): Promise<AuditVerdict> {
  let seq = 0;
  let prev: Uint8Array = Buffer.alloc(32);
  const head = () => Buffer.from(prev).toString("hex");
  for (;;) {
    const page = await db
      .select()
      .from(audit)
      .where(gt(audit.seq, seq))
      .orderBy(asc(audit.seq))
      .limit(pageSize);
    for (const row of page) {
      const hash = hashOf(prev, row);
      const whole =
        row.seq === seq + 1 && same(row.prevHash, prev) && same(row.hash, hash) && columnsMatch(row);
      if (!whole) return { rows: seq, firstBad: row.seq, head: head() };
      seq = row.seq;
      prev = hash;
    }
    if (page.length < pageSize) return { rows: seq, firstBad: null, head: head() };
  }
}

type AuditRow = typeof audit.$inferSelect;

function hashOf(prev: Uint8Array, row: AuditRow): Buffer {
  const { seq, action, objectType, objectId, before, after, commandId } = row;
  return auditHash(prev, {
    seq,
    action,
    objectType,
    objectId,
    before,
    after,
    commandId,
    at: row.at.getTime(),
    actor: row.actor as Actor,
    machineId: row.machineId ?? undefined,
    reason: row.reason ?? undefined,
  });
}

/** The columns that filters use repeat the hashed actor; they must say the same. */
function columnsMatch(row: AuditRow): boolean {
  const actor = row.actor as Actor;
  return row.personId === (actor.personId ?? null) && row.stationId === (actor.stationId ?? null);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);
