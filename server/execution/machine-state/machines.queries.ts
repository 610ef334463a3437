import { type SQL, sql } from "drizzle-orm";
import { staleAfterMs } from "../tags/stale.rules.ts";
import type { Db, Tx } from "#db/client.ts";
import { epochMs } from "#db/sql.ts";
import { saidByHand } from "../manual/manual.queries.ts";
import { materialsAt } from "../materials/materials.queries.ts";
import type { RunningJob } from "../orders/orders.contract.ts";
import { type MachineJob, runningJobs, waitingJobs } from "../orders/orders.queries.ts";
import type { ShiftView } from "../shifts/shifts.contract.ts";
import { lineZones, shiftsAt } from "../shifts/shifts.queries.ts";
import type {
  LineView,
  MachineSummary,
  MachineTag,
  MachineView,
  MainTag,
  StateInterval,
  StopView,
} from "./machine-state.contract.ts";
import { paceOf } from "./pace.rules.ts";
import { shiftCounts } from "./shift-counts.queries.ts";
import { stopsBetween } from "./stops.queries.ts";

interface MachineRow {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  readonly kind: string;
  readonly lineId: number;
  readonly lineCode: string;
  readonly lineName: string;
  readonly flowPosition: number;
  readonly positions: number;
  readonly positionNames: string[];
  readonly manual: boolean;
  readonly targetShare: number;
  readonly microStopMs: number;
  readonly staleMs: number;
  readonly announceMs: number;
  readonly automationOff: boolean;
  readonly maintenanceLock: { name: string; at: number } | null;
  readonly guardOpen: boolean | null;
  readonly remote: boolean | null;
  readonly since: number | null;
  readonly word: StateInterval["word"] | null;
  readonly fault: string | null;
}

async function machineRows(db: Db | Tx, condition: SQL): Promise<MachineRow[]> {
  return db.execute<MachineRow & Record<string, unknown>>(sql`
    select w.id, w.code, w.name, w.kind, w.line_id as "lineId", l.code as "lineCode", l.name as "lineName",
      w.flow_position as "flowPosition", w.positions, w.position_names as "positionNames", ${saidByHand(sql`w.id`)} as manual, w.target_share as "targetShare", w.micro_stop_ms as "microStopMs",
      w.stale_ms as "staleMs", w.announce_ms as "announceMs", w.automation_off as "automationOff",
      case when w.maintenance_lock is null then null
        else jsonb_build_object('name', w.maintenance_lock ->> 'name', 'at', (w.maintenance_lock ->> 'at')::float8) end as "maintenanceLock",
      g.guard_open as "guardOpen", g.remote, ${epochMs(sql`lower(s.during)`)} as since, s.word, s.fault
    from work_unit w
    join equipment l on l.id = w.line_id
    left join machine_signal g on g.machine_id = w.id
    left join machine_state s on s.machine_id = w.id and upper_inf(s.during)
    where ${condition} order by w.line_id, w.flow_position, w.code`);
}

/** The id of a machine by the code that stands in addresses, or undefined. */
export async function machineIdOf(db: Db | Tx, code: string): Promise<number | undefined> {
  const rows = await db.execute<{ id: number }>(sql`select id from work_unit where code = ${code}`);
  return rows[0]?.id;
}

interface Situation {
  readonly shifts: ReadonlyMap<number, ShiftView>;
  readonly jobs: readonly MachineJob[];
  readonly waiting: readonly MachineJob[];
  readonly stops: readonly StopView[];
}

async function summaries(
  db: Db | Tx,
  rows: readonly MachineRow[],
  now: number,
): Promise<{ views: MachineSummary[]; situation: Situation }> {
  const ids = rows.map((r) => r.id);
  const shifts = await shiftsAt(db, [...new Set(rows.map((r) => r.lineId))], now);
  const jobs = await runningJobs(db, ids, now);
  const waiting = await waitingJobs(db, ids, now);
  const since = Math.min(now - 1, ...[...shifts.values()].map((s) => s.start));
  const stops = await stopsBetween(db, ids, since, now);
  const ideal = (id: number) =>
    jobs.find((j) => j.machineId === id) ?? waiting.find((j) => j.machineId === id) ?? null;
  const counts = await shiftCounts(
    db,
    rows.map((r) => ({
      machineId: r.id,
      from: shifts.get(r.lineId)?.start ?? now,
      cycleMs: ideal(r.id)?.cycleMs ?? null,
    })),
    now,
  );
  const views = rows.map((row): MachineSummary => {
    const {
      lineName: _n,
      targetShare,
      microStopMs: _m,
      staleMs: _s,
      announceMs: _a,
      since: start,
      word,
      fault,
      ...rest
    } = row;
    const own = counts.get(row.id);
    return {
      ...rest,
      state: { start: start ?? now, end: null, word: word ?? "no_data", fault },
      stop: stops.find((s) => s.machineId === row.id && s.end === null) ?? null,
      jobs: jobs.filter((j) => j.machineId === row.id).map(plain),
      pace: paceOf({
        now,
        shift: shifts.get(row.lineId) ?? null,
        share: targetShare,
        runs: own?.runs ?? [],
        idealMs: ideal(row.id)?.idealMs ?? null,
        counts: own ?? { good: 0, scrap: 0, cycles: 0, idealGoodMs: 0 },
        recentGood: own?.recentGood ?? 0,
        recentMs: own?.recentMs ?? 0,
      }),
    };
  });
  return { views, situation: { shifts, jobs, waiting, stops } };
}

function plain({ machineId: _id, machineCode: _code, sequence: _sequence, ...job }: MachineJob): RunningJob {
  return job;
}

/** All machines, in the order of lines and flow. */
export async function machineList(db: Db | Tx, now: number): Promise<MachineSummary[]> {
  return (await summaries(db, await machineRows(db, sql`w.retired_at is null`), now)).views;
}

/** Everything about one machine except live values and alarms; undefined when there is no such machine. */
export async function machineView(db: Db | Tx, code: string, now: number): Promise<MachineView | undefined> {
  const [row] = await machineRows(db, sql`w.code = ${code}`);
  if (row === undefined) return undefined;
  const { views, situation } = await summaries(db, [row], now);
  const [summary] = views;
  if (summary === undefined) return undefined;
  const [material] = await materialsAt(db, [row.id]);
  const zones = await lineZones(db);
  const next = situation.waiting.find((j) => j.state !== "waiting") ?? situation.waiting[0];
  return {
    ...summary,
    lineName: row.lineName,
    timeZone: zones.get(row.lineId) ?? "UTC",
    shift: situation.shifts.get(row.lineId) ?? null,
    microStopMs: row.microStopMs,
    staleMs: row.staleMs,
    announceMs: row.announceMs,
    material:
      material === undefined
        ? null
        : { name: material.name, unit: material.unit, lotCode: material.lotCode, tagId: material.tagId },
    nextJob: next === undefined ? null : plain(next),
    tags: await machineTags(db, row.id),
    suspended: await suspendedTags(db, row.id),
    stops: [...situation.stops],
  };
}

/** The interval at which a tag is heard while it stands still, as the basis of `staleMs`. */
const interval = sql`greatest(expected_ms, max_silence_ms) as "staleMs"`;

function withStale<T extends { staleMs: number }>(row: T): T {
  return { ...row, staleMs: staleAfterMs(row.staleMs) };
}

/** The tags of a machine with what a screen draws around their values. */
export async function machineTags(db: Db | Tx, machineId: number): Promise<MachineTag[]> {
  const rows = await db.execute<MachineTag & Record<string, unknown>>(sql`
    select id, metric, name, meaning, datatype, unit, decimals, low, high, normal_low as "normalLow",
      normal_high as "normalHigh", setpoint_tag_id as "setpointTagId",
      case when writable is null then null else jsonb_build_object('min', writable -> 'min', 'max', writable -> 'max', 'maxStep', writable -> 'maxStep') end as writable, ${interval}
    from tag where machine_id = ${machineId} and enabled order by id`);
  return rows.map(withStale);
}

async function suspendedTags(db: Db | Tx, machineId: number): Promise<MachineView["suspended"]> {
  return db.execute<MachineView["suspended"][number] & Record<string, unknown>>(sql`
    select s.tag_id as "tagId", t.name, ${epochMs(sql`s.since`)} as since
    from tag_suspension s join tag t on t.id = s.tag_id where s.machine_id = ${machineId} order by s.since`);
}

/** The first process value of each machine that has one. */
export async function mainTags(db: Db | Tx): Promise<MainTag[]> {
  const rows = await db.execute<MainTag & Record<string, unknown>>(sql`
    select distinct on (t.machine_id) t.id, t.name, t.unit, t.decimals, t.machine_id as "machineId", ${interval}
    from tag t
    where t.meaning = 'measurement' and t.datatype = 'number' and t.enabled
    order by t.machine_id, t.id`);
  return rows.map(withStale);
}

/** Lines with their machines, in flow order, and the shift that runs there. */
export async function lineList(db: Db | Tx, now: number): Promise<LineView[]> {
  const lines = await db.execute<{ id: number; code: string; name: string }>(sql`
    select id, code, name from equipment where level = 'line' and retired_at is null order by id`);
  const zones = await lineZones(db);
  const { views, situation } = await summaries(db, await machineRows(db, sql`w.retired_at is null`), now);
  return lines.map((line) => ({
    ...line,
    timeZone: zones.get(line.id) ?? "UTC",
    shift: situation.shifts.get(line.id) ?? null,
    machines: views.filter((m) => m.lineId === line.id),
  }));
}
