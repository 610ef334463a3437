import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, periodOf } from "#db/sql.ts";
import { statesBetween, stopsBetween } from "#server/execution/machine-state/stops.queries.ts";
import type { ShiftView } from "#server/execution/shifts/shifts.contract.ts";
import { lineZones, shiftsAt } from "#server/execution/shifts/shifts.queries.ts";
import { heardByHand } from "#server/execution/manual/manual.queries.ts";
import type { OeeCounts, RunningOee } from "./oee.contract.ts";
import { type DelayPart, type OeeRecord, oeeRuleVersion, oeeTimes, oeeView } from "./oee.rules.ts";

/**
 * OEE of one machine over [from, to) of these shifts, straight from states, stops, jobs and counts. Counts are in
 * buckets of ten seconds: an edge that lies inside one takes the whole bucket.
 * @param to not later than now
 */
export async function computeOee(
  db: Db | Tx,
  machineId: number,
  shifts: readonly ShiftView[],
  from: number,
  to: number,
): Promise<OeeRecord> {
  const stops = await stopsBetween(db, [machineId], from, to);
  const delays: DelayPart[] = stops.toReversed().flatMap((stop) =>
    stop.parts.map(({ start, end, reason }) => ({
      start,
      end,
      stopStart: stop.start,
      planned: reason?.planned ?? false,
      changeover: reason?.changeover ?? false,
      code: reason?.code ?? null,
      name: reason?.name ?? null,
    })),
  );
  const times = oeeTimes({
    from,
    to,
    planned: shifts,
    breaks: shifts.flatMap((s) => s.breaks),
    states: await statesBetween(db, machineId, from, to),
    stops: delays,
    jobs: await orderTimes(db, machineId, from, to),
  });
  const counts = await countsIn(db, machineId, from, to);
  return {
    buckets: times.buckets,
    counts: { ...counts, stops: times.stops, microStops: times.microStops },
    reasons: times.reasons,
    ruleVersion: oeeRuleVersion,
    restated: 0,
    open: true,
    manual: await heardByHand(db, machineId, from, to),
  };
}

async function orderTimes(
  db: Db | Tx,
  machineId: number,
  from: number,
  to: number,
): Promise<{ start: number; end: number | null }[]> {
  return db.execute<{ start: number; end: number | null }>(sql`
    select ${epochMs(sql`lower(during)`)} as start, ${epochMs(sql`upper(during)`)} as "end" from job_run
    where machine_id = ${machineId} and replaced_at is null and during && ${periodOf(from, to)} order by lower(during)`);
}

async function countsIn(
  db: Db | Tx,
  machineId: number,
  from: number,
  to: number,
): Promise<Omit<OeeCounts, "stops" | "microStops">> {
  const [row] = await db.execute<Omit<OeeCounts, "stops" | "microStops">>(sql`
    select coalesce(sum(good), 0)::float8 as good, coalesce(sum(scrap), 0)::float8 as scrap, coalesce(sum(cycles), 0)::float8 as cycles,
      coalesce(sum(ideal_ms), 0)::float8 as "idealMs", coalesce(sum(ideal_good_ms), 0)::float8 as "idealGoodMs",
      coalesce(sum(without_standard), 0)::float8 as "withoutStandard"
    from count_bucket where machine_id = ${machineId} and start >= ${instant(from)} and start < ${instant(to)}`);
  return row ?? { good: 0, scrap: 0, cycles: 0, idealMs: 0, idealGoodMs: 0, withoutStandard: 0 };
}

type MachineRow = { id: number; code: string; name: string; lineId: number } & Record<string, unknown>;

/** OEE of the running shift, one entry a machine (or of one machine); machines between shifts are left out. */
export async function runningOee(db: Db | Tx, now: number, machineCode?: string): Promise<RunningOee[]> {
  const machines = await db.execute<MachineRow>(sql`
    select id, code, name, line_id as "lineId" from work_unit
    where ${machineCode === undefined ? sql`retired_at is null` : sql`code = ${machineCode}`} order by line_id, flow_position, code`);
  const shifts = await shiftsAt(db, [...new Set(machines.map((m) => m.lineId))], now);
  const views: RunningOee[] = [];
  for (const machine of machines) {
    const shift = shifts.get(machine.lineId);
    if (shift === undefined) continue;
    const record = await computeOee(db, machine.id, [shift], shift.start, now);
    views.push({
      ...oeeView({ start: shift.start, end: now }, record),
      machineId: machine.id,
      machineCode: machine.code,
      machineName: machine.name,
      shiftName: shift.name,
      shiftEnd: shift.end,
      productionDay: shift.productionDay,
    });
  }
  return views;
}

/** The zone in which a plant's days are told: that of its first line. */
export async function plantZone(db: Db | Tx): Promise<string> {
  const zones = await lineZones(db);
  return [...zones.entries()].toSorted(([a], [b]) => a - b)[0]?.[1] ?? "UTC";
}
