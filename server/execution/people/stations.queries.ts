import { and, asc, eq, gt, gte, isNull, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { station, stationMachine, stationToken } from "#db/schema/execution/stations.ts";
import type { Language } from "./people.contract.ts";
import type { StationHere, StationView } from "./stations.contract.ts";

/** All stations by name, the shut-out ones too. @param now wall-clock ms */
export async function listStations(db: Db | Tx, now: number): Promise<StationView[]> {
  const rows = await db.select().from(station).orderBy(asc(station.name));
  const machines = await machinesByStation(db);
  const devices = await db
    .select({ stationId: stationToken.stationId, devices: sql<number>`count(*)::int` })
    .from(stationToken)
    .where(gt(stationToken.expiresAt, new Date(now)))
    .groupBy(stationToken.stationId);
  const byStation = new Map(devices.map((row) => [row.stationId, row.devices]));
  return rows.map((row) => ({
    ...here(row, machines.get(row.id) ?? []),
    lastSeenAt: row.lastSeenAt?.getTime() ?? null,
    revokedAt: row.revokedAt?.getTime() ?? null,
    devices: byStation.get(row.id) ?? 0,
  }));
}

/** The station a token belongs to, or null: unknown, expired, or shut out. */
export async function stationOfToken(
  db: Db | Tx,
  hash: Uint8Array,
  now: number,
): Promise<{ station: StationHere; expiresAt: number } | null> {
  const [row] = await db
    .select({ station, expiresAt: stationToken.expiresAt })
    .from(stationToken)
    .innerJoin(station, eq(station.id, stationToken.stationId))
    .where(
      and(
        eq(stationToken.tokenHash, hash),
        gt(stationToken.expiresAt, new Date(now)),
        isNull(station.revokedAt),
      ),
    );
  if (row === undefined) return null;
  const machines = await machinesByStation(db, row.station.id);
  return {
    station: here(row.station, machines.get(row.station.id) ?? []),
    expiresAt: row.expiresAt.getTime(),
  };
}

/** Ids of stations that show this machine and were seen within the last `withinMs`. */
export async function stationsOnline(
  db: Db | Tx,
  machineId: number,
  now: number,
  withinMs: number,
): Promise<string[]> {
  const rows = await db
    .select({ id: station.id })
    .from(station)
    .innerJoin(stationMachine, eq(stationMachine.stationId, station.id))
    .where(
      and(
        eq(stationMachine.machineId, machineId),
        isNull(station.revokedAt),
        gte(station.lastSeenAt, new Date(now - withinMs)),
      ),
    );
  return rows.map((row) => row.id);
}

function here(row: typeof station.$inferSelect, machines: StationHere["machines"]): StationHere {
  const { id, name, theme, mmPerPx } = row;
  return { id, name, language: row.language as Language, theme, mmPerPx, machines };
}

async function machinesByStation(
  db: Db | Tx,
  stationId?: string,
): Promise<Map<string, StationHere["machines"]>> {
  const rows = await db
    .select({
      stationId: stationMachine.stationId,
      id: workUnit.id,
      code: workUnit.code,
      name: workUnit.name,
    })
    .from(stationMachine)
    .innerJoin(workUnit, eq(workUnit.id, stationMachine.machineId))
    .where(stationId === undefined ? undefined : eq(stationMachine.stationId, stationId))
    .orderBy(asc(workUnit.flowPosition), asc(workUnit.id));
  const by = new Map<string, StationHere["machines"]>();
  for (const { stationId: id, ...machine } of rows) by.set(id, [...(by.get(id) ?? []), machine]);
  return by;
}
