import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import type { PlantLogEntry, PlantWrite } from "#server/device/simulator/faults.contract.ts";
import { quality } from "#server/device/tag.contract.ts";
import type { EdgeTag } from "#server/edge/document.contract.ts";
import { isThinned } from "#server/edge/filter.rules.ts";
import {
  type AdjustmentState,
  adjustmentStates,
} from "#server/execution/adjustments/adjustments.contract.ts";

/** How much a check looked at, and everything it found wrong, in words that begin with the kind of fault. */
export interface Truth {
  readonly looked: number;
  readonly wrong: readonly string[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** The queues of edges; the demo's invented past has small negative epochs that no queue ever has. */
const ofQueues = sql`(epoch < -1000000 or epoch > 0)`;

/**
 * Each (stream, epoch, seq) up to its cursor stands exactly once, as a reading or as a dead letter, or lies inside a
 * gap of its queue; none stands beyond; the ranges of the ingest log join without overlap and add up to the rows.
 * @param since no reading was taken before, ms; keeps the past out of the search
 */
export async function storedOnce(db: Db, since: number): Promise<Truth> {
  const wrong: string[] = [];
  const place = sql`place as (
    select stream_id, epoch, seq, 1 as reading from reading where source_ts >= ${instant(since)} and ${ofQueues}
    union all
    select stream_id, epoch, seq, 0 from dead_letter where stream_id is not null and seq is not null)`;
  const doubled = await db.execute<{ stream: number; epoch: string; seq: string; times: number }>(sql`
    with ${place} select stream_id as stream, epoch::text, seq::text, count(*)::int as times
    from place group by 1, 2, place.seq having count(*) > 1 order by 1, 2, place.seq`);
  for (const { stream, epoch, seq, times } of doubled)
    wrong.push(`doubled: stream ${stream} epoch ${epoch} seq ${seq} stands ${times} times`);
  const holes = await db.execute<Hole & Record<string, unknown>>(sql`
    with ${place}, ends as (
      select stream_id, epoch, seq, lag(seq, 1, 0::bigint) over (partition by stream_id, epoch order by seq) as before
      from (select stream_id, epoch, seq from place
        union select stream_id, epoch, acked_seq + 1 from ingest_cursor where kind = 'readings') x)
    select stream_id as stream, epoch::text, (before + 1)::float8 as first, (seq - 1)::float8 as last
    from ends where seq > before + 1`);
  const gaps = await db.execute<Hole & Record<string, unknown>>(sql`
    select stream_id as stream, epoch::text, first::float8, last::float8 from gap
    where stream_id is not null and kind = 'readings'`);
  for (const hole of holes.flatMap((h) => outside(h, gaps)))
    wrong.push(
      `missing: stream ${hole.stream} epoch ${hole.epoch} seq ${hole.first}…${hole.last} is acknowledged, stored nowhere and in no gap`,
    );
  const beyond = await db.execute<{ stream: number; epoch: string; n: number }>(sql`
    with ${place} select p.stream_id as stream, p.epoch::text, count(*)::int as n from place p
    left join ingest_cursor c on c.stream_id = p.stream_id and c.epoch = p.epoch and c.kind = 'readings'
    where c.acked_seq is null or p.seq > c.acked_seq group by 1, 2`);
  for (const { stream, epoch, n } of beyond)
    wrong.push(`beyond: ${n} rows of stream ${stream} epoch ${epoch} lie after its cursor`);
  const sums = await db.execute<Sums & Record<string, unknown>>(sql`
    with ${place}, rows as (select stream_id, epoch, count(*) as n, sum(reading) as readings from place group by 1, 2),
    log as (select stream_id, epoch, sum(last - first + 1) as n, sum(stored) as readings,
        count(*) filter (where first <= before) as overlaps
      from (select *, lag(last, 1, 0::bigint) over (partition by stream_id, epoch order by last) as before from ingest_log) l
      group by 1, 2)
    select coalesce(rows.stream_id, log.stream_id) as stream, coalesce(rows.epoch, log.epoch)::text as epoch,
      coalesce(rows.n, 0)::int as rows, coalesce(rows.readings, 0)::int as readings, coalesce(log.n, 0)::int as logged,
      coalesce(log.readings, 0)::int as "loggedReadings", coalesce(log.overlaps, 0)::int as overlaps
    from rows full join log on rows.stream_id = log.stream_id and rows.epoch = log.epoch`);
  for (const s of sums)
    if (s.rows !== s.logged || s.readings !== s.loggedReadings || s.overlaps > 0)
      wrong.push(
        `ingest log: stream ${s.stream} epoch ${s.epoch} logs ${s.logged} (${s.loggedReadings} readings, ${s.overlaps} overlaps), stored are ${s.rows} (${s.readings})`,
      );
  return { looked: sums.reduce((n, s) => n + s.rows, 0), wrong };
}

interface Hole {
  readonly stream: number;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
}

interface Sums {
  readonly stream: number;
  readonly epoch: string;
  readonly rows: number;
  readonly readings: number;
  readonly logged: number;
  readonly loggedReadings: number;
  readonly overlaps: number;
}

/** What of a hole no gap of its queue covers. */
function outside(hole: Hole, gaps: readonly Hole[]): Hole[] {
  let left = [hole];
  for (const gap of gaps) {
    if (gap.stream !== hole.stream || gap.epoch !== hole.epoch) continue;
    left = left.flatMap((h) =>
      gap.last < h.first || gap.first > h.last
        ? [h]
        : [
            { ...h, last: gap.first - 1 },
            { ...h, first: gap.last + 1 },
          ].filter((part) => part.first <= part.last),
    );
  }
  return left;
}

type TagRow = Pick<EdgeTag, "datatype" | "meaning" | "aggregateMs"> & {
  id: number;
  sourceId: number;
  machineId: number;
  driver: string;
  source: string;
  metric: string;
};

interface SaidTruth extends Truth {
  /** Readings of the plant that are stored. */
  readonly stored: number;
  /** Readings that are not stored and lie inside a recorded gap. */
  readonly inGaps: number;
}

/**
 * Everything the plant says it sent in [from, to], of tags that the edge stores unfiltered, is stored as often as it
 * was said, or lies inside a recorded gap of its machine. Devices with a store of their own (socket.io) keep each
 * reading until it is acknowledged: for them no gap is an excuse. What stands more often than it was said is wrong.
 */
export async function saidIsStored(
  db: Db,
  said: readonly PlantLogEntry[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<SaidTruth> {
  const tags = await db.execute<TagRow & Record<string, unknown>>(sql`
    select t.id, t.metric, t.datatype, t.meaning, t.aggregate_ms as "aggregateMs", t.machine_id as "machineId",
      s.id as "sourceId", s.code as source, s.driver
    from tag t join source s on s.id = t.source_id where t.enabled`);
  const whole = tags.filter((t) => t.aggregateMs === null && !isThinned(t as unknown as EdgeTag));
  const byMetric = new Map(whole.map((t) => [`${t.source}:${t.metric}`, t]));
  const gaps = await db.execute<
    { sourceId: number | null; machineId: number | null; from: number; to: number } & Record<string, unknown>
  >(sql`
    select source_id as "sourceId", machine_id as "machineId", ${epochMs(sql`from_ts`)} as "from", ${epochMs(sql`to_ts`)} as "to"
    from gap where from_ts is not null and to_ts is not null`);
  const rows = await db.execute<{
    tag: number;
    at: number;
    num: number | null;
    txt: string | null;
    n: number;
  }>(
    sql`select tag_id as tag, ${epochMs(sql`source_ts`)} as at, num, txt, count(*)::int as n from reading
      where source_ts >= ${instant(from)} and source_ts <= ${instant(to)} and quality < ${quality.stale} and ${ofQueues}
      group by 1, source_ts, 3, 4`,
  );
  const stored = new Map(rows.map((r) => [`${r.tag}|${Math.round(r.at)}|${r.txt ?? String(r.num)}`, r.n]));
  const counted = new Map<string, { entry: PlantLogEntry; tag: TagRow; times: number }>();
  for (const entry of said) {
    const tag = byMetric.get(`${entry.source}:${entry.metric}`);
    if (tag === undefined || entry.at < from || entry.at > to) continue;
    const value = typeof entry.value === "boolean" ? Number(entry.value) : entry.value;
    const key = `${tag.id}|${entry.at}|${String(value)}`;
    const known = counted.get(key);
    if (known === undefined) counted.set(key, { entry, tag, times: 1 });
    else known.times += 1;
  }
  const wrong: string[] = [];
  const sum = { looked: 0, stored: 0, inGaps: 0 };
  for (const [key, { entry, tag, times }] of counted) {
    const found = stored.get(key) ?? 0;
    sum.looked += times;
    sum.stored += Math.min(found, times);
    const words = `${entry.metric} = ${String(entry.value)} at ${iso(entry.at)} (entry ${entry.n}${entry.historical ? ", historical" : ""})`;
    // An OPC UA server tells every new subscription the value it has, with the time it has had it since.
    if (found > times && tag.driver !== "opcua")
      wrong.push(`doubled: ${words} was said ${times} and stands ${found} times`);
    if (found >= times) continue;
    const covered =
      tag.driver !== "socketio" &&
      gaps.some(
        (g) =>
          (g.sourceId === null || g.sourceId === tag.sourceId) &&
          (g.machineId === null || g.machineId === tag.machineId) &&
          g.from <= entry.at &&
          entry.at <= g.to,
      );
    if (covered) sum.inGaps += times - found;
    else wrong.push(`missing: ${words} was said ${times} and stands ${found} times, in no gap`);
  }
  return { ...sum, wrong };
}

/** States in which an adjustment may rest: over, or waiting for a person. */
export const resting: ReadonlySet<AdjustmentState> = new Set([
  "helped",
  "did_not_help",
  "cannot_tell",
  "unknown",
  "refused",
  "expired",
  "rejected",
  "held",
  "blocked",
]);
/** In these the machine took it; in `unknown` it may have. */
const tookIt: ReadonlySet<AdjustmentState> = new Set([
  "accepted",
  "verifying",
  "helped",
  "did_not_help",
  "cannot_tell",
]);

interface ActedTruth extends Truth {
  /** Writes that reached a machine for an adjustment. */
  readonly reached: number;
  /** How many adjustments are in which state. */
  readonly states: Readonly<Record<string, number>>;
}

/**
 * Each adjustment was sent at most once and reached its machine at most once, exactly once where the record says that
 * the machine took it, and never where the record says that nothing was sent. The machines' own word decides.
 * @param since what was adjusted earlier is not looked at: the demo's past never reached a machine
 */
export async function actedOnce(db: Db, writes: readonly PlantWrite[], since: number): Promise<ActedTruth> {
  const rows = await db.execute<{
    id: string;
    state: AdjustmentState;
    metric: string;
    value: number;
    sent: number;
    sentAt: number | null;
  }>(sql`
    select a.id, a.state, t.metric, a.new_value as value, ${epochMs(sql`a.sent_at`)} as "sentAt",
      (select count(*)::int from adjustment_event e where e.adjustment_id = a.id and e.event = 'sent') as sent
    from adjustment a join tag t on t.id = a.tag_id where a.created_at >= ${instant(since)} order by a.created_at`);
  const wrong: string[] = [];
  const claimed = new Set<PlantWrite>();
  for (const { id, state, metric, value, sent, sentAt } of rows) {
    const words = `adjustment ${id} (${metric} → ${value}, ${state})`;
    if (!adjustmentStates.includes(state)) wrong.push(`${words} is in no known state`);
    if (sent > 1) wrong.push(`${words} was sent ${sent} times`);
    // Between this sending and the next of the same value: those are its own.
    const until = Math.min(
      ...rows
        .filter(
          (o) =>
            o.id !== id && o.metric === metric && o.value === value && (o.sentAt ?? 0) > (sentAt ?? Infinity),
        )
        .map((o) => o.sentAt ?? Infinity),
    );
    const own = writes.filter(
      (w) =>
        w.metric === metric && w.value === value && sentAt !== null && w.at >= sentAt - 1000 && w.at < until,
    );
    for (const write of own) claimed.add(write);
    if (own.length > 1) wrong.push(`${words} reached the machine ${own.length} times`);
    if (own.length === 0 && tookIt.has(state)) wrong.push(`${words} never reached the machine`);
    if (sent === 0 && own.length > 0) wrong.push(`${words} reached the machine and was never sent`);
  }
  for (const write of writes)
    if (!claimed.has(write) && !write.metric.endsWith("/StopRequest"))
      wrong.push(
        `nobody's: ${write.metric} → ${String(write.value)} reached the machine at ${iso(write.at)}`,
      );
  const states: Record<string, number> = {};
  for (const { state } of rows) states[state] = (states[state] ?? 0) + 1;
  return { looked: rows.length, wrong, reached: claimed.size, states };
}
