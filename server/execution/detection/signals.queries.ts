import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, intArray } from "#db/sql.ts";

/** A tag with the newest reading that Postgres has of it; `at` null = none of the last day. */
export interface LatestSignal {
  readonly tagId: number;
  readonly machineId: number;
  readonly metric: string;
  readonly name: string;
  readonly meaning: string;
  readonly unit: string | null;
  readonly decimals: number;
  readonly num: number | null;
  readonly txt: string | null;
  /** Source time, ms. */
  readonly at: number | null;
  readonly quality: number;
  /** How long a reading of this tag speaks for the present, ms: its longest silence and the machine's stale time. */
  readonly freshMs: number;
}

async function signalsWhere(db: Db | Tx, where: SQL, now: number): Promise<LatestSignal[]> {
  const rows = await db.execute<LatestSignal & Record<string, unknown>>(sql`
    select t.id as "tagId", t.machine_id as "machineId", t.metric, t.name, t.meaning, t.unit, t.decimals,
      r.num, r.txt, ${epochMs(sql`r.source_ts`)} as at, coalesce(r.quality, 3)::int as quality,
      (t.max_silence_ms + m.stale_ms)::float8 as "freshMs"
    from tag t
    join work_unit m on m.id = t.machine_id
    left join lateral (
      select source_ts, num, txt, quality from reading
      where tag_id = t.id and source_ts > ${instant(now - 86_400_000)} and source_ts <= ${instant(now + 300_000)}
      order by source_ts desc, seq desc limit 1) r on true
    where t.enabled and ${where}
    order by t.id`);
  return [...rows];
}

export async function latestOfTags(
  db: Db | Tx,
  tagIds: readonly number[],
  now: number,
): Promise<Map<number, LatestSignal>> {
  if (tagIds.length === 0) return new Map();
  const rows = await signalsWhere(db, sql`t.id = any(${intArray(tagIds)})`, now);
  return new Map(rows.map((row) => [row.tagId, row]));
}

export async function latestOfMachine(db: Db | Tx, machineId: number, now: number): Promise<LatestSignal[]> {
  return signalsWhere(db, sql`t.machine_id = ${machineId}`, now);
}

/** Good and uncertain numbers of a tag over `[from, to)` of source time, oldest first. */
export async function valuesBetween(
  db: Db | Tx,
  tagId: number,
  from: number,
  to: number,
): Promise<{ at: number; value: number }[]> {
  const rows = await db.execute<{ at: number; value: number }>(sql`
    select ${epochMs(sql`source_ts`)} as at, num as value from reading
    where tag_id = ${tagId} and source_ts >= ${instant(from)} and source_ts < ${instant(to)}
      and quality < 2 and num is not null
    order by source_ts, seq`);
  return [...rows];
}

/** The metric's name without its device: `press-2/CoolingFlow` → `CoolingFlow`. */
export function metricName(metric: string): string {
  return metric.slice(metric.lastIndexOf("/") + 1);
}
