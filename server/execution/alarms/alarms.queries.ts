import { asc, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { alarmEvent } from "#db/schema/execution/alarms.ts";
import { epochMs } from "#db/sql.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { machineRef, tagRef } from "#server/execution/detection/detection.queries.ts";
import type { AlarmCard, AlarmEvent, AlarmFilter, AlarmKind, AlarmView, By } from "./alarms.contract.ts";

type Row = Omit<AlarmCard, "title" | "text" | "todo" | "taken" | "shelved" | "cause"> & {
  params: Record<string, string | number>;
  taken: By | null;
  shelved: AlarmCard["shelved"];
  cause: AlarmCard["cause"];
} & Record<string, unknown>;

/** Cards, ready to be drawn: everything a station shows of an alarm in one row. */
async function cardsWhere(db: Db | Tx, where: SQL, limit: number): Promise<AlarmCard[]> {
  const ms = (column: SQL) => epochMs(column);
  const rows = await db.execute<Row>(sql`
    select a.id, a.version, a.kind, a.state, a.active, a.blocks_changes as "blocksChanges", a.priority, a.params,
      case when m.id is not null then ${machineRef} end as machine,
      case when t.id is not null then ${tagRef} end as tag,
      ${ms(sql`a.since`)} as since, ${ms(sql`a.raised_at`)} as "raisedAt", ${ms(sql`a.cleared_at`)} as "clearedAt",
      case when a.taken_at is not null then
        jsonb_build_object('name', a.taken_name, 'at', ${ms(sql`a.taken_at`)}) end as taken,
      case when a.state = 'shelved' then jsonb_build_object('name', a.shelved_name, 'at', ${ms(sql`a.shelved_at`)},
        'until', ${ms(sql`a.shelved_until`)}, 'reason', a.shelve_reason) end as shelved,
      case when c.id is not null then jsonb_build_object('code', c.code, 'right', c.was_right, 'of', c.judged,
        'signals', coalesce(d.cause_signals, '[]')) end as cause,
      case when v.id is not null then jsonb_build_object('code', a.instruction_code, 'title', v.title,
        'steps', jsonb_array_length(v.steps)) end as instruction,
      run.run, a.deviation_id as "deviationId", adj.adjustment
    from alarm a
    left join work_unit m on m.id = a.machine_id
    left join tag t on t.id = a.tag_id
    left join cause_rule c on c.id = a.cause_rule_id
    left join deviation d on d.id = a.deviation_id
    left join instruction i on i.code = a.instruction_code
    left join instruction_version v on v.instruction_id = i.id and v.state = 'released'
    left join lateral (
      select jsonb_build_object('id', r.id, 'state', r.state, 'step', r.current,
        'steps', jsonb_array_length(rv.steps)) as run
      from instruction_run r join instruction_version rv on rv.id = r.instruction_version_id
      where r.alarm_id = a.id order by r.started_at desc limit 1) run on true
    left join lateral (
      select jsonb_build_object('id', x.id, 'state', x.state, 'oldValue', x.old_value, 'newValue', x.new_value,
        'target', jsonb_build_object('id', g.id, 'name', g.name, 'unit', g.unit, 'decimals', g.decimals),
        'sendAt', case when x.state = 'announced' then ${ms(sql`x.send_at`)} end, 'verdictReason', x.verdict_reason,
        'kpi', case when x.verification -> 'kpi' ->> 'name' is not null then jsonb_build_object(
          'name', x.verification -> 'kpi' -> 'name',
          'before', x.verification -> 'kpi' -> 'before' -> 'value',
          'after', x.verification -> 'kpi' -> 'after' -> 'value') end) as adjustment
      from adjustment x join tag g on g.id = x.tag_id
      where x.deviation_id = a.deviation_id order by x.created_at desc limit 1) adj on true
    where ${where}
    order by (a.state = 'normal'), case when a.state = 'normal' then 0 else a.priority end,
      case when a.state = 'normal' then -extract(epoch from a.raised_at) else extract(epoch from a.raised_at) end
    limit ${limit}`);
  return rows.map(({ params, ...row }) => ({
    ...row,
    title: wordsOf(row.kind, "title", params),
    text: wordsOf(row.kind, "text", params),
    todo: wordsOf(row.kind, "todo", params),
  }));
}

function wordsOf(kind: AlarmKind, part: "title" | "text" | "todo", params: Record<string, string | number>) {
  return { key: `alarm.${kind}.${part}`, params };
}

export async function alarmCard(db: Db | Tx, id: string): Promise<AlarmCard | null> {
  return (await cardsWhere(db, sql`a.id = ${id}`, 1))[0] ?? null;
}

/** Most urgent first, then longest first; what is over comes last, newest first. */
export async function listAlarms(db: Db | Tx, filter: AlarmFilter): Promise<AlarmCard[]> {
  const machine = filter.machine === undefined ? sql`true` : sql`m.code = ${filter.machine}`;
  const open = filter.show === "open" ? sql`a.state <> 'normal'` : sql`true`;
  return cardsWhere(db, sql`${machine} and ${open}`, filter.limit);
}

/** The card with its journal, oldest first. */
export async function findAlarm(db: Db | Tx, id: string): Promise<AlarmView | null> {
  const card = await alarmCard(db, id);
  if (card === null) return null;
  const rows = await db
    .select()
    .from(alarmEvent)
    .where(eq(alarmEvent.alarmId, id))
    .orderBy(asc(alarmEvent.id));
  const journal = rows.map((row) => ({
    at: row.at.getTime(),
    sourceAt: row.sourceAt?.getTime() ?? null,
    kind: row.kind as AlarmEvent["kind"],
    by: (row.actor as Actor).name,
    reason: row.reason,
  }));
  return { card, journal };
}

/** Ids of alarms that are not over and belong to this deviation. */
export async function alarmsOfDeviation(db: Db | Tx, deviationId: string): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(
    sql`select id from alarm where deviation_id = ${deviationId} and state <> 'normal'`,
  );
  return rows.map((row) => row.id);
}
