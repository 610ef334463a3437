import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import type { StopReasonRecord } from "./reasons.contract.ts";

/** Every reason there is or was, by name, and how it counts now. */
export async function listStopReasons(db: Db | Tx, now: number): Promise<StopReasonRecord[]> {
  return db.execute<StopReasonRecord & Record<string, unknown>>(sql`
    select r.id, r.name, r.machine_kind as "machineKind", r.active, coalesce(c.planned, false) as planned,
      coalesce(c.changeover, false) as changeover
    from stop_reason r left join stop_reason_class c on c.reason_id = r.id and c.during @> ${instant(now)}
    order by r.active desc, r.name`);
}
