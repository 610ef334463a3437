import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { contextBands } from "#server/execution/context/context.queries.ts";
import { valuesBetween } from "#server/execution/detection/signals.queries.ts";
import type { KpiResult } from "./adjustments.contract.ts";
import type { Kpi } from "./plan.contract.ts";
import { type Block, compare, says } from "./sequential.rules.ts";

/**
 * What a counter gained, by source time: each good reading's distance to the one before it. A counter that fell was
 * reset and has since made what it shows.
 */
async function gains(
  db: Db | Tx,
  tagId: number,
  from: number,
  to: number,
): Promise<{ at: number; value: number }[]> {
  const rows = await db.execute<{ at: number; value: number }>(sql`
    select ${epochMs(sql`x.source_ts`)} as at,
      case when x.num >= x.before then x.num - x.before else x.num end as value
    from (
      select source_ts, num, lag(num) over (order by source_ts, seq) as before
      from reading
      where tag_id = ${tagId} and quality < 2 and num is not null and source_ts < ${instant(to)}
        and source_ts >= coalesce((select max(source_ts) from reading where tag_id = ${tagId} and quality < 2
          and num is not null and source_ts < ${instant(from)} and source_ts > ${instant(from - 86_400_000)}),
          ${instant(from)})) x
    where x.before is not null and x.source_ts >= ${instant(from)}
    order by x.source_ts`);
  return [...rows];
}

interface Cut {
  readonly start: number;
  readonly blockMs: number;
  readonly count: number;
}

function intoBlocks(cut: Cut, add: (put: (at: number, n: number, sum: number) => void) => void): Block[] {
  const blocks = Array.from({ length: cut.count }, () => ({ n: 0, sum: 0 }));
  add((at, n, sum) => {
    const block = blocks[Math.floor((at - cut.start) / cut.blockMs)];
    if (block === undefined) return;
    block.n += n;
    block.sum += sum;
  });
  return blocks;
}

async function blocksOf(db: Db | Tx, kpi: Kpi, cut: Cut): Promise<Block[]> {
  const end = cut.start + cut.count * cut.blockMs;
  if (cut.count <= 0) return [];
  if (kpi.name === "scrap_ratio") {
    const good = await gains(db, kpi.goodTagId, cut.start, end);
    const scrap = await gains(db, kpi.scrapTagId, cut.start, end);
    return intoBlocks(cut, (put) => {
      for (const { at, value } of good) put(at, value, 0);
      for (const { at, value } of scrap) put(at, value, value);
    });
  }
  const values = await valuesBetween(db, kpi.tagId, cut.start, end);
  return intoBlocks(cut, (put) => {
    for (const { at, value } of values)
      put(at, 1, kpi.name === "process_distance" ? Math.abs(value - kpi.target) : value);
  });
}

export interface Windows {
  readonly before: { readonly start: number; readonly end: number };
  readonly after: { readonly start: number; readonly end: number };
  readonly blockMs: number;
  readonly blocksLeast: number;
  readonly alpha: number;
}

/** A KPI before and after, in whole blocks: "before" is cut back from the change, "after" on from its start. */
export async function measureKpi(db: Db | Tx, kpi: Kpi, w: Windows): Promise<KpiResult | null> {
  const nBefore = Math.floor((w.before.end - w.before.start) / w.blockMs);
  const nAfter = Math.max(0, Math.floor((w.after.end - w.after.start) / w.blockMs));
  const cut = { blockMs: w.blockMs };
  const before = await blocksOf(db, kpi, {
    ...cut,
    start: w.before.end - nBefore * w.blockMs,
    count: nBefore,
  });
  const after = await blocksOf(db, kpi, { ...cut, start: w.after.start, count: nAfter });
  const kind = kpi.name === "scrap_ratio" ? ("ratio" as const) : ("mean" as const);
  const comparison = compare(before, after, {
    kind,
    alpha: w.alpha,
    effect: kpi.effect,
    blocksLeast: w.blocksLeast,
  });
  const total = (blocks: readonly Block[]) => {
    const n = blocks.reduce((a, b) => a + b.n, 0);
    return { value: n === 0 ? 0 : blocks.reduce((a, b) => a + b.sum, 0) / n, n };
  };
  const was = comparison?.before ?? total(before);
  const is = comparison?.after ?? total(after);
  if (was.n === 0 && is.n === 0) return null;
  return {
    name: kpi.name,
    unit: kpi.name === "cycle_time" ? "ms" : null,
    before: was,
    after: is,
    improvement: was.value - is.value,
    low: comparison?.low ?? null,
    high: comparison?.high ?? null,
    says: says(comparison, kpi.effectLeast),
  };
}

/** What the KPI is now, over the last `ms`; null without data. */
export async function kpiNow(db: Db | Tx, kpi: Kpi, now: number, ms: number): Promise<number | null> {
  const [block] = await blocksOf(db, kpi, { start: now - ms, blockMs: ms, count: 1 });
  return block === undefined || block.n === 0 ? null : block.sum / block.n;
}

/** Mean of a process value over `[from, to)`; null without good readings. */
export async function meanBetween(
  db: Db | Tx,
  tagId: number,
  from: number,
  to: number,
): Promise<number | null> {
  const values = await valuesBetween(db, tagId, from, to);
  if (values.length === 0) return null;
  return values.reduce((sum, v) => sum + v.value, 0) / values.length;
}

/** Source times in `(from, to)` at which job, product, tool or material lot of a machine changed, in order. */
export async function contextChanges(
  db: Db | Tx,
  machineId: number,
  from: number,
  to: number,
): Promise<number[]> {
  const bands = await contextBands(db, machineId, from, to);
  const mounts = await db.execute<{ start: number | null; end: number | null }>(sql`
    select ${epochMs(sql`lower(a.during)`)} as start, ${epochMs(sql`upper(a.during)`)} as "end"
    from asset_mount a join physical_asset p on p.id = a.asset_id
    where a.machine_id = ${machineId} and p.kind = 'tool'
      and a.during && tstzrange(${instant(from)}, ${instant(to)})`);
  const edges = [
    ...bands.flatMap((band) => [
      band.start,
      band.end,
      ...band.lots.filter((lot) => lot.role === "in").flatMap((lot) => [lot.start, lot.end]),
    ]),
    ...mounts.flatMap((mount) => [mount.start, mount.end]),
  ];
  return edges
    .filter((at): at is number => at !== null && Number.isFinite(at) && at > from && at < to)
    .toSorted((a, b) => a - b);
}

/** Whether anything else was changed on the machine since: another adjustment, or another set-point by hand. */
export async function secondChange(
  db: Db | Tx,
  change: { readonly id: string; readonly machineId: number; readonly tagId: number },
  sentAt: number,
  now: number,
): Promise<boolean> {
  const [row] = await db.execute<{ found: boolean }>(sql`
    select exists (select from adjustment where machine_id = ${change.machineId} and id <> ${change.id}
        and sent_at > ${instant(sentAt)})
      or exists (
        select from tag t
        cross join lateral (select max(num) - min(num) as range from reading where tag_id = t.id and quality < 2
          and source_ts >= ${instant(sentAt)} and source_ts <= ${instant(now + 300_000)}) r
        where t.machine_id = ${change.machineId} and t.id <> ${change.tagId} and t.enabled
          and t.meaning = 'setpoint' and t.datatype = 'number'
          and r.range > coalesce((t.writable ->> 'tolerance')::float8, 0)) as found`);
  return row?.found ?? false;
}

/** When the last other change of the machine took effect before `before`; null = none within `reach` ms. */
export async function lastChangeBefore(
  db: Db | Tx,
  change: { readonly id: string; readonly machineId: number },
  before: number,
  reach: number,
): Promise<number | null> {
  const [row] = await db.execute<{ at: number | null }>(sql`
    select ${epochMs(sql`max(effective_at)`)} as at from adjustment
    where machine_id = ${change.machineId} and id <> ${change.id}
      and effective_at < ${instant(before)} and effective_at > ${instant(before - reach)}`);
  return row?.at ?? null;
}
