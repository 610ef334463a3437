import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, instant, intArray, periodOf } from "#db/sql.ts";
import { countBucket, counterJump } from "#db/schema/execution/production.ts";
import { quality } from "#server/device/tag.contract.ts";
import {
  bucketMs,
  bucketStart,
  type CounterReading,
  type CounterVerdict,
  countSeries,
} from "./counters.rules.ts";

type CounterMeaning = "good" | "scrap" | "cycles";

interface CounterTag {
  readonly id: number;
  readonly meaning: CounterMeaning;
  readonly modulus: number | null;
}

interface Run {
  readonly start: number;
  readonly end: number | null;
  readonly jobId: string;
  /** Ideal ms per part; null = no standard. */
  readonly idealMs: number | null;
}

interface Bucket {
  readonly start: number;
  readonly jobId: string | null;
  good: number;
  scrap: number;
  cycles: number;
  idealMs: number;
  idealGoodMs: number;
  withoutStandard: number;
}

/** One writer of a machine's counts at a time: the consumer, a corrected job, a recomputation. */
export async function lockCounts(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.execute(sql`
    select pg_advisory_xact_lock(7402, id) from unnest(${intArray(ids.toSorted((a, b) => a - b))}) with ordinality u(id, n) order by n`);
}

/**
 * Counts the buckets of ten seconds that [from, to] touches again, from the stored readings, from what people
 * corrected, and from the jobs that ran then; both edges are source time. What the first reading after `to` counts is
 * counted again with it, for it is the difference to the reading before. What was counted from readings that have been
 * deleted since stands as it is. The caller holds the machine's lock.
 * @returns until when it was counted again, source time
 */
export async function recount(tx: Tx, machineId: number, from: number, to: number): Promise<number> {
  const tags = await tx.execute<CounterTag & Record<string, unknown>>(sql`
    select id, meaning, modulus from tag where machine_id = ${machineId} and meaning in ('good', 'scrap', 'cycles')`);
  const ids = tags.map((t) => t.id);
  const start = Math.max(bucketStart(from), await wholeFrom(tx, ids));
  const end = bucketStart(Math.max(to, await nextReadings(tx, ids, to))) + bucketMs;
  if (start >= end) return end;
  const runs = await runsIn(tx, machineId, start, end);
  const readings = await readingsOf(tx, ids, start, end);
  const verdicts = await verdictsOf(tx, ids, start, end);
  const buckets = new Map<string, Bucket>();
  const jumps: (typeof counterJump.$inferInsert)[] = [];
  // Nothing counts faster than three times its ideal: more than that was a reset, not a roll-over.
  const ideals = runs.flatMap((r) => (r.idealMs === null ? [] : [r.idealMs]));
  const maxPerMs = ideals.length === 0 ? null : 3 / Math.min(...ideals);

  for (const tag of tags) {
    const limits = { modulus: tag.modulus, maxPerMs };
    const said = verdicts.filter(({ tagId }) => tagId === tag.id);
    const { counted, jumps: found } = countSeries(readings.get(tag.id) ?? [], limits, said);
    for (const { at, delta } of counted) {
      if (at < start) continue;
      const run = runAt(runs, at);
      const key = `${bucketStart(at)}/${run?.jobId ?? ""}`;
      const bucket = buckets.get(key) ?? emptyBucket(bucketStart(at), run?.jobId ?? null);
      buckets.set(key, bucket);
      add(bucket, tag.meaning, delta, run?.idealMs ?? null);
    }
    for (const { at, from: before, to: after, decision, delta, doubtful } of found) {
      if (at < start || decision === null) continue;
      jumps.push({
        machineId,
        tagId: tag.id,
        at: new Date(at),
        fromValue: before,
        toValue: after,
        decision,
        delta,
        doubtful,
      });
    }
  }
  for (const { at, good, scrap } of await saidByPeople(tx, machineId, start, end)) {
    const run = runAt(runs, at);
    const key = `${bucketStart(at)}/${run?.jobId ?? ""}`;
    const bucket = buckets.get(key) ?? emptyBucket(bucketStart(at), run?.jobId ?? null);
    buckets.set(key, bucket);
    add(bucket, "good", good, run?.idealMs ?? null);
    add(bucket, "scrap", scrap, run?.idealMs ?? null);
  }
  await tx.execute(sql`
    delete from count_bucket where machine_id = ${machineId} and start >= ${instant(start)} and start < ${instant(end)}`);
  await tx.execute(sql`
    delete from counter_jump where tag_id = any(${intArray(ids)}) and at >= ${instant(start)} and at < ${instant(end)}`);
  const rows = [...buckets.values()].map((b) => ({ ...b, machineId, start: new Date(b.start) }));
  for (let i = 0; i < rows.length; i += 1000) await tx.insert(countBucket).values(rows.slice(i, i + 1000));
  for (let i = 0; i < jumps.length; i += 1000)
    await tx
      .insert(counterJump)
      .values(jumps.slice(i, i + 1000))
      .onConflictDoNothing();
  return end;
}

function emptyBucket(start: number, jobId: string | null): Bucket {
  return { start, jobId, good: 0, scrap: 0, cycles: 0, idealMs: 0, idealGoodMs: 0, withoutStandard: 0 };
}

function add(bucket: Bucket, meaning: CounterMeaning, delta: number, idealMs: number | null): void {
  bucket[meaning] += delta;
  if (meaning === "cycles") return;
  if (idealMs === null) {
    bucket.withoutStandard += delta;
    return;
  }
  bucket.idealMs += delta * idealMs;
  if (meaning === "good") bucket.idealGoodMs += delta * idealMs;
}

/** The run that a part belongs to; of several at once (an oven) the one that has been in longest. */
function runAt(runs: readonly Run[], at: number): Run | undefined {
  return runs.find((r) => r.start <= at && (r.end === null || r.end > at));
}

async function runsIn(tx: Tx, machineId: number, from: number, to: number): Promise<Run[]> {
  return tx.execute<Run & Record<string, unknown>>(sql`
    select ${epochMs(sql`lower(r.during)`)} as start, ${epochMs(sql`upper(r.during)`)} as "end", r.job_id as "jobId",
      s.cycle_ms / s.parts_per_cycle as "idealMs"
    from job_run r
    join job j on j.id = r.job_id
    join production_order o on o.id = j.order_id
    left join standard_cycle s on s.machine_id = r.machine_id and s.product_id = o.product_id and s.during @> lower(r.during)
    where r.machine_id = ${machineId} and r.replaced_at is null and r.during && ${periodOf(from, to)}
    order by lower(r.during), r.position`);
}

/** Parts that people said a counter missed, or counted too many; what was undone sums to nothing. */
async function saidByPeople(
  tx: Tx,
  machineId: number,
  from: number,
  to: number,
): Promise<{ at: number; good: number; scrap: number }[]> {
  return tx.execute<{ at: number; good: number; scrap: number }>(sql`
    select ${epochMs(sql`at`)} as at, sum(good)::float8 as good, sum(scrap)::float8 as scrap from count_correction
    where machine_id = ${machineId} and at >= ${instant(from)} and at < ${instant(to)}
    group by at having sum(good) <> 0 or sum(scrap) <> 0 order by at`);
}

/** What people said of steps in [from, to). */
async function verdictsOf(
  tx: Tx,
  tags: readonly number[],
  from: number,
  to: number,
): Promise<(CounterVerdict & { tagId: number })[]> {
  return tx.execute<CounterVerdict & { tagId: number } & Record<string, unknown>>(sql`
    select tag_id as "tagId", ${epochMs(sql`at`)} as at, from_value as "from", to_value as "to", decision
    from counter_verdict where tag_id = any(${intArray(tags)}) and at >= ${instant(from)} and at < ${instant(to)}
      and decision <> 'wrong'`);
}

/** A reading that counts: good or uncertain, a number, and not one that a person called wrong. */
const counts = sql`quality <= ${quality.uncertain} and num is not null and not exists (
  select from counter_verdict v
  where v.tag_id = reading.tag_id and v.at = source_ts and v.to_value = num and v.decision = 'wrong')`;

type ReadingRow = { tagId: number; at: number; value: number } & Record<string, unknown>;

/** Good readings of each counter in [from, to), with the one before as baseline, in order of source time. */
async function readingsOf(
  tx: Tx,
  tags: readonly number[],
  from: number,
  to: number,
): Promise<Map<number, CounterReading[]>> {
  const series = new Map<number, CounterReading[]>(tags.map((id) => [id, []]));
  for (const { tagId, ...reading } of await baselines(tx, tags, from)) series.get(tagId)?.push(reading);
  const rows = await tx.execute<ReadingRow>(sql`
    select tag_id as "tagId", ${epochMs(sql`source_ts`)} as at, num as value from reading
    where tag_id = any(${intArray(tags)}) and source_ts >= ${instant(from)} and source_ts < ${instant(to)}
      and ${counts}
    order by source_ts, epoch, seq`);
  for (const { tagId, ...reading } of rows) series.get(tagId)?.push(reading);
  return series;
}

/**
 * The first bucket that can be counted again: raw readings before it have been deleted, and the first one that is left
 * of a counter is only a baseline. −∞ where nothing was deleted.
 */
async function wholeFrom(tx: Tx, tags: readonly number[]): Promise<number> {
  const [row] = await tx.execute<{ before: number | null; first: number | null }>(sql`
    select ${epochMs(sql`g.before::timestamp at time zone 'UTC'`)} as before, (
      select ${epochMs(sql`max(r.at)`)} from unnest(${intArray(tags)}) u(id) cross join lateral (
        select source_ts as at from reading where tag_id = u.id and source_ts >= g.before::timestamp at time zone 'UTC'
          and quality <= ${quality.uncertain} and num is not null order by source_ts limit 1) r) as first
    from retention_gone g where g.class = 'state'`);
  if (row?.before == null) return Number.NEGATIVE_INFINITY;
  // A counter that spoke for the first time long after had lost nothing.
  return bucketStart(Math.min(row.first ?? row.before, row.before + nearMs)) + bucketMs;
}

/** How far the search for a baseline goes before it goes without limit: most lie in the same partition. */
const nearMs = 3_600_000;

async function baselines(tx: Tx, tags: readonly number[], at: number): Promise<ReadingRow[]> {
  const found: ReadingRow[] = [];
  for (const from of [at - nearMs, Number.NEGATIVE_INFINITY]) {
    const missing = tags.filter((id) => !found.some((f) => f.tagId === id));
    if (missing.length === 0) break;
    const rows = await tx.execute<ReadingRow>(sql`
      select u.id as "tagId", r.at, r.value from unnest(${intArray(missing)}) u(id)
      cross join lateral (
        select ${epochMs(sql`source_ts`)} as at, num as value from reading
        where tag_id = u.id and source_ts >= ${instant(from)} and source_ts < ${instant(at)}
          and ${counts}
        order by source_ts desc, epoch desc, seq desc limit 1) r`);
    found.push(...rows);
  }
  return found;
}

/** Source time of the latest of the first readings after `at`, one a counter; −∞ where there is none. */
async function nextReadings(tx: Tx, tags: readonly number[], at: number): Promise<number> {
  const rows = await tx.execute<{ at: number | null }>(sql`
    select max(r.at) as at from unnest(${intArray(tags)}) u(id)
    cross join lateral (
      select ${epochMs(sql`source_ts`)} as at from reading
      where tag_id = u.id and source_ts > ${instant(at)} and ${counts}
      order by source_ts limit 1) r`);
  return rows[0]?.at ?? Number.NEGATIVE_INFINITY;
}
