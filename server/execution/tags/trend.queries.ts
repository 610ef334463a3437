import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { epochMs, instant } from "#db/sql.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { contextBands } from "../context/context.queries.ts";
import type { TagView } from "./tags.contract.ts";
import { findTag } from "./tags.queries.ts";
import type { TrendView } from "./trend.contract.ts";
import { levelFor, type RollupLevel, rollupLevels, type TrendPoint, withGaps } from "./trend.rules.ts";

/**
 * One tag over [from, to) for a chart of `points` pixels, with the bands of what ran on its machine. Readings while
 * they are few, else the coarsest rollup that is as fine as a pixel. @throws Refusal `not_found`, `invalid`
 */
export async function readTrend(
  db: Db | Tx,
  tagId: number,
  from: number,
  to: number,
  points: number,
): Promise<TrendView> {
  if (!(from < to)) throw new Refusal("invalid", { problem: "from must lie before to" }, "from");
  const tag = await findTag(db, tagId);
  if (tag === null) throw new Refusal("not_found", {}, "id");
  const bands = await contextBands(db, tag.machineId, from, to);
  if (tag.datatype === "text") {
    const texts = await textChanges(db, tagId, from, to, points);
    return { tag, from, to, resolutionMs: null, at: [], value: [], min: [], max: [], texts, bands };
  }
  const holdMs = await holdOf(db, tag);
  const pixelMs = (to - from) / points;
  const { resolutionMs, found } = await pointsOf(db, { tagId, from, to, points, pixelMs, holdMs });
  const hold = resolutionMs === null ? holdMs : Math.max(holdMs, resolutionMs * 1.5);
  return { tag, from, to, resolutionMs, texts: [], bands, ...withGaps(found, hold, to) };
}

interface Asked {
  readonly tagId: number;
  readonly from: number;
  readonly to: number;
  readonly points: number;
  readonly pixelMs: number;
  readonly holdMs: number;
}

async function pointsOf(
  db: Db | Tx,
  asked: Asked,
): Promise<{ resolutionMs: number | null; found: TrendPoint[] }> {
  const level = levelFor(asked.pixelMs);
  if (level === null) {
    const few = await rawPoints(db, asked);
    if (few !== null) return { resolutionMs: null, found: few };
    return { resolutionMs: asked.pixelMs, found: await pixelPoints(db, asked) };
  }
  // A fine level is not kept as long as a coarse one.
  for (const finest of rollupLevels.slice(rollupLevels.indexOf(level))) {
    const found = await rollupPoints(db, asked, finest);
    if (found.length > 0) return { resolutionMs: Math.max(asked.pixelMs, finest * 1000), found };
  }
  return { resolutionMs: asked.pixelMs, found: [] };
}

/** How long a value of this tag holds: its longest silence and the stale time of its machine. */
async function holdOf(db: Db | Tx, tag: TagView): Promise<number> {
  const [machine] = await db.select().from(workUnit).where(eq(workUnit.id, tag.machineId));
  return tag.maxSilenceMs + (machine?.staleMs ?? 0);
}

/** The readings themselves, or null when they are more than two a pixel. Starts with the one that held at `from`. */
async function rawPoints(db: Db | Tx, asked: Asked): Promise<TrendPoint[] | null> {
  const { tagId, from, to, points, holdMs } = asked;
  const rows = await db.execute<{ at: number; num: number | null; quality: number }>(sql`
    (select ${epochMs(sql`source_ts`)} as at, num, quality, source_ts, epoch, seq from reading
      where tag_id = ${tagId} and source_ts < ${instant(from)} and source_ts >= ${instant(from - holdMs)}
      order by source_ts desc, epoch desc, seq desc limit 1)
    union all
    (select ${epochMs(sql`source_ts`)} as at, num, quality, source_ts, epoch, seq from reading
      where tag_id = ${tagId} and source_ts >= ${instant(from)} and source_ts < ${instant(to)}
      order by source_ts, epoch, seq limit ${points * 2 + 1})
    order by source_ts, epoch, seq`);
  if (rows.length > points * 2) return null;
  return rows.map(({ at, num, quality }) => {
    const value = quality < 2 ? num : null;
    return { at, value, min: value, max: value };
  });
}

/** Readings joined to pixels: time-weighted mean, least and greatest. */
async function pixelPoints(db: Db | Tx, asked: Asked): Promise<TrendPoint[]> {
  const { tagId, from, to, pixelMs, holdMs } = asked;
  const rows = await db.execute<{
    at: number;
    value: number | null;
    min: number | null;
    max: number | null;
  }>(sql`
    select min(at) as at, sum(v * held) / nullif(sum(held) filter (where v is not null), 0) as value,
      min(v) as min, max(v) as max
    from (
      select at, v, floor((at - ${from}::float8) / ${pixelMs}::float8) as pixel,
        -- a tenth of a millisecond, so that readings of one instant still have a mean
        greatest(least(coalesce(lead(at) over w, ${to}::float8), at + ${holdMs}::float8) - at, 0.1) as held
      from (
        select ${epochMs(sql`source_ts`)} as at, epoch, seq, case when quality < 2 then num end as v from reading
        where tag_id = ${tagId} and source_ts >= ${instant(from)} and source_ts < ${instant(to)}
      ) r window w as (order by at, epoch, seq)
    ) h group by pixel order by pixel`);
  return [...rows];
}

async function rollupPoints(db: Db | Tx, asked: Asked, level: RollupLevel): Promise<TrendPoint[]> {
  const { tagId, from, to, pixelMs } = asked;
  const start = Math.floor(from / 1000 / level) * level * 1000;
  const rows = await db.execute<{
    at: number;
    value: number | null;
    min: number | null;
    max: number | null;
  }>(sql`
    select at, value, coalesce(min, value) as min, coalesce(max, value) as max from (
      select min(${epochMs(sql`bucket`)}) as at, sum(integral) / nullif(sum(known_s), 0) as value,
        min(min) as min, max(max) as max
      from rollup
      where level = ${level} and tag_id = ${tagId} and bucket >= ${instant(start)} and bucket < ${instant(to)}
      group by floor((extract(epoch from bucket) * 1000 - ${from}::float8) / ${Math.max(pixelMs, level * 1000)}::float8)
    ) p order by at`);
  return [...rows];
}

/** Where the text changed; the newest `points` changes when there are more. */
async function textChanges(
  db: Db | Tx,
  tagId: number,
  from: number,
  to: number,
  points: number,
): Promise<TrendView["texts"]> {
  const rows = await db.execute<{ at: number; text: string | null }>(sql`
    select at, text from (
      select at, text, text is distinct from lag(text, 1, '\u0001') over (order by at, epoch, seq) as changed
      from (
        (select ${epochMs(sql`source_ts`)} as at, epoch, seq, case when quality < 2 then txt end as text from reading
          where tag_id = ${tagId} and source_ts < ${instant(from)}
          order by source_ts desc, epoch desc, seq desc limit 1)
        union all
        (select ${epochMs(sql`source_ts`)}, epoch, seq, case when quality < 2 then txt end from reading
          where tag_id = ${tagId} and source_ts >= ${instant(from)} and source_ts < ${instant(to)})
      ) r
    ) c where changed order by at desc limit ${points}`);
  return [...rows].toReversed();
}
