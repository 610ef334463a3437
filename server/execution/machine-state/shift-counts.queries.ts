import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";

export interface ShiftCounts {
  readonly good: number;
  readonly scrap: number;
  readonly cycles: number;
  readonly idealGoodMs: number;
  /** Good parts of the last `recentMs`, which covers about twenty cycles. */
  readonly recentGood: number;
  readonly recentMs: number;
  /** What ran since then, with its ideal ms per part; positions that ran at once are given one after the other. */
  readonly runs: readonly { start: number; end: number; idealMs: number | null }[];
}

export interface CountsAsked {
  readonly machineId: number;
  /** Start of the shift, ms. */
  readonly from: number;
  readonly cycleMs: number | null;
}

/** The pace window: twenty cycles, at least a minute, at most fifteen. */
function windowOf(cycleMs: number | null): number {
  return Math.min(Math.max((cycleMs ?? 0) * 20, 60_000), 900_000);
}

type CountRow = {
  machineId: number;
  good: number;
  scrap: number;
  cycles: number;
  idealGoodMs: number;
  recentGood: number;
} & Record<string, unknown>;
type RunRow = { machineId: number; start: number; end: number; idealMs: number | null } & Record<
  string,
  unknown
>;

/** Counts since the start of the shift of several machines at once, from buckets of ten seconds. */
export async function shiftCounts(
  db: Db | Tx,
  asked: readonly CountsAsked[],
  now: number,
): Promise<Map<number, ShiftCounts>> {
  if (asked.length === 0) return new Map();
  const list = sql.join(
    asked.map((a) => sql`(${a.machineId}::int, ${instant(a.from)}, ${instant(now - windowOf(a.cycleMs))})`),
    sql`, `,
  );
  const counts = await db.execute<CountRow>(sql`
    select a.id as "machineId", coalesce(sum(b.good) filter (where b.start >= a.since), 0)::float8 as good,
      coalesce(sum(b.scrap) filter (where b.start >= a.since), 0)::float8 as scrap,
      coalesce(sum(b.cycles) filter (where b.start >= a.since), 0)::float8 as cycles,
      coalesce(sum(b.ideal_good_ms) filter (where b.start >= a.since), 0)::float8 as "idealGoodMs",
      coalesce(sum(b.good) filter (where b.start >= a.recent), 0)::float8 as "recentGood"
    from (values ${list}) a(id, since, recent)
    left join count_bucket b on b.machine_id = a.id and b.start >= least(a.since, a.recent) and b.start <= ${instant(now)}
    group by a.id`);
  const runs = await db.execute<RunRow>(sql`
    select a.id as "machineId", ${epochMs(sql`greatest(lower(r.during), a.since)`)} as start,
      ${epochMs(sql`least(upper(r.during), ${instant(now)})`)} as "end", s.cycle_ms / s.parts_per_cycle as "idealMs"
    from (values ${list}) a(id, since, recent)
    join job_run r on r.machine_id = a.id and r.replaced_at is null and r.during && tstzrange(a.since, ${instant(now)})
    join job j on j.id = r.job_id
    join production_order o on o.id = j.order_id
    left join standard_cycle s on s.machine_id = r.machine_id and s.product_id = o.product_id and s.during @> lower(r.during)
    order by a.id, lower(r.during), r.position`);
  return new Map(
    counts.map(({ machineId, ...count }) => {
      const ask = asked.find((a) => a.machineId === machineId);
      return [
        machineId,
        {
          ...count,
          recentMs: windowOf(ask?.cycleMs ?? null),
          runs: oneAfterTheOther(runs.filter((r) => r.machineId === machineId)),
        },
      ];
    }),
  );
}

/** Several positions at once count once: what began first holds until it ends. */
function oneAfterTheOther(runs: readonly RunRow[]): ShiftCounts["runs"] {
  let until = Number.NEGATIVE_INFINITY;
  return runs.flatMap(({ start, end, idealMs }) => {
    const from = Math.max(start, until);
    if (from >= end) return [];
    until = end;
    return [{ start: from, end, idealMs }];
  });
}
