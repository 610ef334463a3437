import { type SQL, sql } from "drizzle-orm";
import { manualDriver } from "./manual.contract.ts";

/** SQL truth: people speak for the machine with this id, so whatever is derived for it is marked *manual*. */
export function saidByHand(machineId: SQL): SQL<boolean> {
  return sql<boolean>`exists (select from tag ht join source hs on hs.id = ht.source_id
    where ht.machine_id = ${machineId} and ht.meaning = 'state' and ht.enabled and hs.driver = ${manualDriver})`;
}
