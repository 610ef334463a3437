import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs } from "#db/sql.ts";
import type { PlacedAsset } from "./assets.contract.ts";

/** The physical machines that stood at a place, newest first. Tools are no such; they come and go with the jobs. */
export async function assetsAt(db: Db | Tx, machineId: number): Promise<PlacedAsset[]> {
  return db.execute<PlacedAsset & Record<string, unknown>>(sql`
    select a.id as "assetId", a.serial, a.name, ${epochMs(sql`lower(m.during)`)} as "from",
      ${epochMs(sql`upper(m.during)`)} as until
    from asset_mount m join physical_asset a on a.id = m.asset_id and a.kind = 'machine'
    where m.machine_id = ${machineId} and not isempty(m.during) order by lower(m.during) desc nulls last`);
}
