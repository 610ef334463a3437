import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import { manualDriver, manualStaleMs } from "./manual.contract.ts";

/** SQL truth: people speak for the machine with this id, so whatever is derived for it is marked *manual*. */
export function saidByHand(machineId: SQL): SQL<boolean> {
  return sql<boolean>`exists (select from tag ht join source hs on hs.id = ht.source_id
    where ht.machine_id = ${machineId} and ht.meaning = 'state' and ht.enabled and hs.driver = ${manualDriver})`;
}

/**
 * Whether people spoke for this machine in [from, to), ms, or so shortly before it that their word still held: what is
 * derived for that time is marked *manual*, also after a source has taken over.
 */
export async function heardByHand(
  db: Db | Tx,
  machineId: number,
  from: number,
  to: number,
): Promise<boolean> {
  const [row] = await db.execute<{ heard: boolean }>(sql`
    select exists (select from tag ht join source hs on hs.id = ht.source_id and hs.driver = ${manualDriver}
      join reading r on r.tag_id = ht.id
      where ht.machine_id = ${machineId}
        and r.source_ts >= ${instant(from - manualStaleMs)} and r.source_ts < ${instant(to)}) as heard`);
  return row?.heard ?? false;
}
