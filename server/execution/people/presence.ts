import { eq } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { station } from "#db/schema/execution/stations.ts";

/** Notes that a station's screen was alive at `now` (ms). Not a command: it happens every few seconds. */
export async function touchStation(db: Db | Tx, stationId: string, now: number): Promise<void> {
  await db
    .update(station)
    .set({ lastSeenAt: new Date(now) })
    .where(eq(station.id, stationId));
}
