import { asc } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { workUnit } from "#db/schema/execution/plant.ts";

/** Machines by name alone, for choosing one. */
export function machineList(db: Db): Promise<{ id: number; code: string; name: string }[]> {
  return db
    .select({ id: workUnit.id, code: workUnit.code, name: workUnit.name })
    .from(workUnit)
    .orderBy(asc(workUnit.lineId), asc(workUnit.flowPosition), asc(workUnit.id));
}
