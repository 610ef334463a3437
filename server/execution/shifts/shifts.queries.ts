import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, periodOf } from "#db/sql.ts";
import { shiftInstance, shiftPattern } from "#db/schema/execution/shifts.ts";
import type { ShiftPattern, ShiftView } from "./shifts.contract.ts";

type Row = typeof shiftInstance.$inferSelect;

export function shiftView(row: Row): ShiftView {
  const bounded = ({ start, end }: { start: number | null; end: number | null }) => ({
    start: start ?? 0,
    end: end ?? 0,
  });
  return {
    id: row.id,
    lineId: row.lineId,
    name: row.name,
    productionDay: row.productionDay,
    ...bounded(row.during),
    breaks: row.breaks.map(bounded),
  };
}

/** The shift of each of these lines in which an instant lies; between shifts a line has none. */
export async function shiftsAt(
  db: Db | Tx,
  lineIds: readonly number[],
  at: number,
): Promise<Map<number, ShiftView>> {
  if (lineIds.length === 0) return new Map();
  const rows = await db
    .select()
    .from(shiftInstance)
    .where(and(inArray(shiftInstance.lineId, [...lineIds]), sql`${shiftInstance.during} @> ${instant(at)}`));
  return new Map(rows.map((row) => [row.lineId, shiftView(row)]));
}

/** Shifts that overlap [from, to), of one line or of all, in order of start. */
export async function shiftsBetween(
  db: Db | Tx,
  from: number,
  to: number,
  lineId?: number,
): Promise<ShiftView[]> {
  const rows = await db
    .select()
    .from(shiftInstance)
    .where(
      and(
        sql`${shiftInstance.during} && ${periodOf(from, to)}`,
        lineId === undefined ? undefined : eq(shiftInstance.lineId, lineId),
      ),
    )
    .orderBy(sql`lower(${shiftInstance.during})`, asc(shiftInstance.lineId))
    .limit(2000);
  return rows.map(shiftView);
}

export async function shiftById(db: Db | Tx, id: number): Promise<ShiftView | undefined> {
  const [row] = await db.select().from(shiftInstance).where(eq(shiftInstance.id, id));
  return row === undefined ? undefined : shiftView(row);
}

/** The patterns of a line that hold at an instant. */
export function patternsAt(db: Db | Tx, lineId: number, at: number): Promise<ShiftPattern[]> {
  return allPatterns(db, at, eq(shiftPattern.lineId, lineId));
}

/** The patterns of every line that hold at an instant, by line and start. */
export async function allPatterns(db: Db | Tx, at: number, condition?: SQL): Promise<ShiftPattern[]> {
  const rows = await db
    .select()
    .from(shiftPattern)
    .where(and(condition, sql`${shiftPattern.during} @> ${instant(at)}`))
    .orderBy(asc(shiftPattern.lineId), asc(shiftPattern.startLocal), asc(shiftPattern.id));
  return rows.map(patternView);
}

/** The patterns of a line that hold at some time from `from` (ms) on, by start. */
export async function patternsFrom(
  db: Db | Tx,
  lineId: number | null,
  from: number,
): Promise<ShiftPattern[]> {
  const rows = await db
    .select()
    .from(shiftPattern)
    .where(
      and(
        lineId === null ? undefined : eq(shiftPattern.lineId, lineId),
        sql`${shiftPattern.during} && tstzrange(${instant(from)}, null)`,
      ),
    )
    .orderBy(asc(shiftPattern.lineId), asc(shiftPattern.startLocal), asc(shiftPattern.id));
  return rows.map(patternView);
}

function patternView(row: typeof shiftPattern.$inferSelect): ShiftPattern {
  const { during, breaks, seriesId, startLocal, endLocal, ...rest } = row;
  return {
    ...rest,
    startLocal: startLocal.slice(0, 5),
    endLocal: endLocal.slice(0, 5),
    breaks: [...breaks],
    seriesId: seriesId ?? row.id,
    from: during.start,
    until: during.end,
  };
}

/** IANA zone of each line: that of its site, the nearest equipment above it that has one. */
export async function lineZones(db: Db | Tx): Promise<Map<number, string>> {
  const rows = await db.execute<{ id: number; zone: string | null }>(sql`
    with recursive up as (
      select id as line_id, id, parent_id, time_zone, 0 as depth from equipment where level = 'line'
      union all
      select up.line_id, e.id, e.parent_id, e.time_zone, up.depth + 1 from up join equipment e on e.id = up.parent_id
      where up.time_zone is null and up.depth < 20
    )
    select line_id as id, (array_agg(time_zone order by depth) filter (where time_zone is not null))[1] as zone
    from up group by line_id`);
  return new Map(rows.map((r) => [r.id, r.zone ?? "UTC"]));
}

/** Younger changes than this belong to no closed record: a shift is closed later than that after its end. */
const freshMs = 60_000;

/** Whether an instant lies before the running shift of a machine, so that closed records may hang on it. */
export async function isBeforeRunningShift(
  db: Db | Tx,
  machineId: number,
  at: number,
  now: number,
): Promise<boolean> {
  if (at > now - freshMs) return false;
  const [shift] = await db.execute<{ start: number }>(sql`
    select ${epochMs(sql`lower(s.during)`)} as start from shift_instance s join work_unit w on w.line_id = s.line_id
    where w.id = ${machineId} and s.during @> ${instant(now)}`);
  return shift === undefined || at < shift.start;
}
