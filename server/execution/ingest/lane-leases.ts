import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";

/** Which lanes this process owns, and with which fence. Times are the database's, so servers need not agree. */
export interface LaneLeases {
  fenceOf(lane: number): number | null;
  owned(): readonly number[];
  /** Takes what is free among these lanes and renews what is owned. @returns what changed */
  renew(lanes: readonly number[]): Promise<{ gained: readonly number[]; lost: readonly number[] }>;
  release(): Promise<void>;
}

/**
 * @param owner a name that lives over restarts takes its own lanes back at once; by default it is random
 * @param ttlMs how long a lane stays with an owner that does not renew
 */
export function createLaneLeases(deps: { db: Db; clock: Clock; owner?: string; ttlMs: number }): LaneLeases {
  const { db, clock, ttlMs } = deps;
  const owner = deps.owner ?? randomUUID();
  const fences = new Map<number, number>();
  let validUntil = 0;

  return {
    // Past its time a lease counts as lost, even when the database cannot be asked.
    fenceOf: (lane) => (clock.monotonic() < validUntil ? (fences.get(lane) ?? null) : null),
    owned: () => [...fences.keys()],
    async renew(lanes) {
      const askedAt = clock.monotonic();
      const held = [...fences].map(([lane, fence]) => ({ lane, fence }));
      const wanted = lanes.filter((lane) => !fences.has(lane));
      const rows = await db.execute<{ lane: number; fence: number }>(sql`
        with kept as (
          update lane_lease l set until = clock_timestamp() + make_interval(secs => ${ttlMs / 1000})
          from jsonb_to_recordset(${JSON.stringify(held)}::text::jsonb) h(lane int, fence bigint)
          where l.lane = h.lane and l.fence = h.fence
          returning l.lane, l.fence
        ), taken as (
          insert into lane_lease as l (lane, owner, fence, until)
          select w, ${owner}, 1, clock_timestamp() + make_interval(secs => ${ttlMs / 1000})
          from unnest(${`{${wanted.join(",")}}`}::text::int[]) w
          on conflict (lane) do update set owner = excluded.owner, fence = l.fence + 1, until = excluded.until
            where l.owner = excluded.owner or l.until < clock_timestamp()
          returning l.lane, l.fence
        )
        select lane, fence::float8 as fence from kept union all select lane, fence::float8 from taken`);
      const now = new Map(rows.map((row) => [row.lane, row.fence]));
      const gained = [...now.keys()].filter((lane) => !fences.has(lane));
      const lost = [...fences.keys()].filter((lane) => !now.has(lane));
      fences.clear();
      for (const [lane, fence] of now) fences.set(lane, fence);
      validUntil = askedAt + ttlMs;
      return { gained, lost };
    },
    async release() {
      const held = [...fences].map(([lane, fence]) => ({ lane, fence }));
      fences.clear();
      await db.execute(sql`
        update lane_lease l set until = clock_timestamp()
        from jsonb_to_recordset(${JSON.stringify(held)}::text::jsonb) h(lane int, fence bigint)
        where l.lane = h.lane and l.fence = h.fence`);
    },
  };
}
