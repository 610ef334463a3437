import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { recompute } from "#server/enterprise/oee/recompute.ts";
import { quality } from "#server/device/tag.contract.ts";
import type { Truth } from "./truth.ts";

const ofQueues = sql`(epoch < -1000000 or epoch > 0)`;

/** How far a queue of an edge is stored. */
interface Position {
  readonly stream: number;
  readonly epoch: string;
  readonly acked: number;
}

/** How far each queue is stored now. */
export async function positions(db: Db): Promise<Position[]> {
  return db.execute<Position & Record<string, unknown>>(sql`
    select stream_id as stream, epoch::text, acked_seq::float8 as acked from ingest_cursor where kind = 'readings'`);
}

/** Who has not worked off all readings up to these positions: consumer, queue and how many are left. */
export async function unconsumed(db: Db, upTo: readonly Position[]): Promise<string[]> {
  const rows = await db.execute<Position & { consumer: string } & Record<string, unknown>>(sql`
    select i.stream_id as stream, i.epoch::text, k.consumer, coalesce(c.seq, 0)::float8 as acked
    from ingest_cursor i cross join (select distinct consumer from consumer_cursor) k
    left join consumer_cursor c on c.consumer = k.consumer and c.stream_id = i.stream_id and c.epoch = i.epoch
    where i.kind = 'readings'`);
  return rows.flatMap(({ consumer, stream, epoch, acked }) => {
    const left = (upTo.find((p) => p.stream === stream && p.epoch === epoch)?.acked ?? 0) - acked;
    return left > 0 ? [`${consumer} ${stream}/${epoch}: ${left}`] : [];
  });
}

/**
 * States, stops, counts, counter jumps and closed shift records of every machine are those of a derivation from stored
 * readings alone; so are the guard and remote signals and the rollups of whole minutes. OEE of the running shift is
 * made of nothing else. What is open at `until` is left out: the clock judges it.
 */
export async function derivedIsRecomputed(db: Db, from: number, until: number): Promise<Truth> {
  const machines = await db.execute<{ id: number; code: string }>(
    sql`select id, code from work_unit order by id`,
  );
  const code = new Map(machines.map((m) => [m.id, m.code]));
  const differences = await recompute(
    db,
    machines.map((m) => m.id),
    from,
    until,
  );
  const wrong = differences.map(({ machineId, what, row }) => `${what} of ${code.get(machineId)}: ${row}`);
  wrong.push(...(await wrongSignals(db)));
  const rollups = await wrongRollups(db, from, until);
  wrong.push(...rollups.wrong);
  const [rows] = await db.execute<{ n: number }>(sql`
    select ((select count(*) from machine_state where lower(during) >= ${instant(from)} and upper(during) < ${instant(until)})
      + (select count(*) from stop where lower(during) >= ${instant(from)} and upper(during) < ${instant(until)})
      + (select count(*) from count_bucket where start >= ${instant(from)} and start < ${instant(until)}))::int as n`);
  return { looked: (rows?.n ?? 0) + rollups.looked, wrong };
}

/** In one snapshot: the signal's own reading is stored, and no consumed good one is newer. */
async function wrongSignals(db: Db): Promise<string[]> {
  const rows = await db.execute<{
    code: string;
    meaning: string;
    said: number;
    kept: number | null;
    at: number;
  }>(sql`
    select w.code, t.meaning, r.num as said, ${epochMs(sql`r.source_ts`)} as at,
      (case t.meaning when 'guard' then s.guard_open else s.remote end)::int as kept
    from tag t join work_unit w on w.id = t.machine_id left join machine_signal s on s.machine_id = w.id
    cross join lateral (
      select num, source_ts from reading
      where tag_id = t.id and quality <= ${quality.uncertain} and num is not null
        and source_ts <= case t.meaning when 'guard' then s.guard_at else s.remote_at end
      order by source_ts desc limit 1) r
    where t.meaning in ('guard', 'remote')`);
  return rows
    .filter((r) => r.said !== r.kept)
    .map((r) => `${r.meaning} of ${r.code} is kept as ${r.kept} and was said as ${r.said} at ${r.at}`);
}

/** Counts of the ten-second rollups of whole minutes, and of the minutes above them, against the readings. */
async function wrongRollups(db: Db, from: number, until: number): Promise<Truth> {
  const start = Math.ceil(from / 60_000) * 60_000;
  const end = Math.floor(until / 60_000) * 60_000;
  if (end <= start) return { looked: 0, wrong: [] };
  const rows = await db.execute<{
    metric: string;
    minute: number;
    said: number;
    tens: number;
    minutes: number;
  }>(sql`
    with said as (
      select tag_id, date_bin('1 min', source_ts, '2000-01-01 00:00+00') as minute,
        count(*) filter (where num is not null and quality < ${quality.bad})::int as n
      from reading where source_ts >= ${instant(start)} and source_ts < ${instant(end)} and ${ofQueues} group by 1, 2),
    tens as (
      select tag_id, date_bin('1 min', bucket, '2000-01-01 00:00+00') as minute, sum(count)::int as n
      from rollup where level = 10 and bucket >= ${instant(start)} and bucket < ${instant(end)} group by 1, 2)
    select t.metric, ${epochMs(sql`said.minute`)} as minute, said.n as said, coalesce(tens.n, 0) as tens,
      coalesce(m.count, 0) as minutes
    from said join tag t on t.id = said.tag_id and t.datatype <> 'text'
    left join tens on tens.tag_id = said.tag_id and tens.minute = said.minute
    left join rollup m on m.level = 60 and m.tag_id = said.tag_id and m.bucket = said.minute`);
  const wrong = rows
    .filter((r) => r.said !== r.tens || r.said !== r.minutes)
    .map(
      (r) =>
        `rollup of ${r.metric} in the minute ${new Date(r.minute).toISOString()}: ${r.said} readings, ${r.tens} in tens of seconds, ${r.minutes} in the minute`,
    );
  return { looked: rows.length, wrong };
}

/**
 * Alarms say what the records say: each reflex that the edge reported live has one alarm since its own time, an alarm
 * of a deviation is active while the deviation is open, an open guard and a silent machine have theirs, and no
 * condition has two.
 */
export async function alarmsAreTrue(db: Db): Promise<Truth> {
  const wrong: string[] = [];
  const reflexes = await db.execute<{ key: string; at: string; n: number }>(sql`
    select 'reflex:' || (e.data ->> 'reflex') as key, e.at::text, (select count(*)::int from alarm a
      where a.key = 'reflex:' || (e.data ->> 'reflex') and a.since = e.at) as n
    from edge_event e where e.kind = 'reflex' and e.data ->> 'change' = 'raised' and not e.historical`);
  for (const { key, at, n } of reflexes) if (n !== 1) wrong.push(`${key} raised at ${at} has ${n} alarms`);
  const deviations = await db.execute<{ id: string; state: string; active: boolean }>(sql`
    select a.id, d.state, a.active from alarm a join deviation d on d.id = a.deviation_id where a.state <> 'normal'`);
  for (const { id, state, active } of deviations)
    if (active !== (state === "open"))
      wrong.push(`alarm ${id} is ${active ? "" : "not "}active, its deviation is ${state}`);
  const conditions = await db.execute<{ code: string; kind: string; holds: boolean; alarms: number }>(sql`
    select w.code, k.kind, k.holds, (select count(*)::int from alarm a where a.key = k.kind || ':' || w.id and a.state <> 'normal' and a.active) as alarms
    from work_unit w left join machine_signal s on s.machine_id = w.id
    left join machine_state m on m.machine_id = w.id and upper_inf(m.during)
    cross join lateral (values ('guard', coalesce(s.guard_open, false)), ('no_data', coalesce(m.word = 'no_data', false))) k(kind, holds)`);
  for (const { code, kind, holds, alarms } of conditions)
    if (alarms !== (holds ? 1 : 0))
      wrong.push(
        `${code} ${holds ? "is" : "is not"} in condition ${kind} and has ${alarms} active alarms of it`,
      );
  return { looked: reflexes.length + deviations.length + conditions.length, wrong };
}
