import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import type { ReasonGroup, ReasonTree, StopReasonRecord } from "./reasons.contract.ts";

/** Every reason there is or was, by name, and how it counts now. */
export async function listStopReasons(db: Db | Tx, now: number): Promise<StopReasonRecord[]> {
  return db.execute<StopReasonRecord & Record<string, unknown>>(sql`
    select r.id, r.code, r.name, r.group_id as "groupId", r.machine_kind as "machineKind", r.active,
      coalesce(c.planned, false) as planned, coalesce(c.changeover, false) as changeover
    from stop_reason r left join stop_reason_class c on c.reason_id = r.id and c.during @> ${instant(now)}
    order by r.active desc, r.name`);
}

/** The headings, in their order. */
export async function listReasonGroups(db: Db | Tx): Promise<ReasonGroup[]> {
  return db.execute<ReasonGroup & Record<string, unknown>>(
    sql`select id, code, name from stop_reason_group order by position, id`,
  );
}

/** Groups, reasons and kinds of machines, as the editor shows them. */
export async function readReasonTree(db: Db | Tx, now: number): Promise<ReasonTree> {
  const kinds = await db.execute<{ kind: string }>(
    sql`select distinct kind from work_unit where retired_at is null order by kind`,
  );
  return {
    groups: await listReasonGroups(db),
    reasons: await listStopReasons(db, now),
    kinds: kinds.map(({ kind }) => kind),
  };
}
