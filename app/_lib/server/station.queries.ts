import { asc, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { station, stationMachine } from "#db/schema/execution/stations.ts";
import type { StationHere } from "#server/execution/people/stations.contract.ts";

/** A station with the machines it shows, in the order of the line. */
export async function stationById(db: Db, id: string): Promise<StationHere | null> {
  const [row] = await db.select().from(station).where(eq(station.id, id));
  if (row === undefined) return null;
  const machines = await db
    .select({ id: workUnit.id, code: workUnit.code, name: workUnit.name })
    .from(stationMachine)
    .innerJoin(workUnit, eq(workUnit.id, stationMachine.machineId))
    .where(eq(stationMachine.stationId, id))
    .orderBy(asc(workUnit.flowPosition), asc(workUnit.id));
  const language = row.language as StationHere["language"];
  return { id: row.id, name: row.name, language, theme: row.theme, mmPerPx: row.mmPerPx, machines };
}
