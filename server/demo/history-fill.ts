import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { instant, intArray, periodOf } from "#db/sql.ts";
import type { Clock } from "#server/core/clock.ts";
import type { PlantMachine } from "#server/device/simulator/layout.ts";
import { keepRecord, lockOeeRecords } from "#server/enterprise/oee/records.ts";
import { closeAfterMs } from "#server/enterprise/oee/oee.schedules.ts";
import { lockCounts, recount } from "#server/execution/counters/recount.ts";
import { lockStates, stateMachines } from "#server/execution/machine-state/evidence.ts";
import { rebuildStates } from "#server/execution/machine-state/rebuild.ts";
import { shiftsBetween } from "#server/execution/shifts/shifts.queries.ts";
import { cycleMs, orderQuantity, productOf } from "./catalogue.ts";
import { historyDay, type HistoryDay, type HistoryReading } from "./history-day.ts";
import type { Block } from "./history.ts";

export interface FillAsked {
  readonly clock: Clock;
  readonly speed: number;
  readonly machine: PlantMachine;
  readonly block: Block;
  /** 0 = the newest day. */
  readonly index: number;
}

/** Process values of the past by kind of machine: mean and spread. Spread 0 = a set-point. */
const levels: Readonly<Record<PlantMachine["kind"], Readonly<Record<string, readonly [number, number]>>>> = {
  press: {
    MeltTemperature: [230, 0.8],
    MeltSetpoint: [230, 0],
    MouldTemperature: [60, 1],
    CoolingFlow: [12, 0.15],
    CycleSpeed: [100, 0.5],
  },
  oven: { ZoneTemperature1: [85, 0.5], ZoneTemperature2: [85, 0.6], ZoneTemperature3: [85, 0.5] },
  packer: {},
  cnc: { SpindleLoad: [52, 2], Diameter: [24.012, 0.006], FeedOverride: [100, 0.3], FeedSetpoint: [100, 0] },
};

/**
 * Makes the partitions of a stretch of time. While nothing else runs, or at least not within a day's transaction:
 * attaching one locks the default partition, and whoever reads would wait for that transaction while it waits for them.
 */
export async function makeRoom(db: Db, { from, to }: Block): Promise<void> {
  for (let at = from; at < to + dayMs; at += dayMs)
    await db.execute(
      sql`select ensure_reading_partition((${instant(Math.min(at, to))} at time zone 'UTC')::date)`,
    );
}

const dayMs = 86_400_000;

/** One day of one machine, phase by phase: its readings, then what the plant's own code derives from them. */
export const historyPhases: Readonly<Record<string, (tx: Tx, asked: FillAsked) => Promise<void>>> = {
  readings: storeDay,
  states: async (tx, { machine, block }) => {
    const id = (await machineRow(tx, machine)).id;
    await lockStates(tx, [id]);
    const last = block.to - 1;
    for (const one of await stateMachines(tx, [id]))
      await rebuildStates(tx, one, { from: block.from, to: last, faults: true }, last);
  },
  counts: async (tx, { machine, block }) => {
    const id = (await machineRow(tx, machine)).id;
    await lockCounts(tx, [id]);
    await recount(tx, id, block.from, block.to - 1);
  },
  records: async (tx, { machine, block, clock }) => {
    const { id, lineId } = await machineRow(tx, machine);
    const now = clock.now();
    const ended = Math.min(block.to, now - closeAfterMs);
    await lockOeeRecords(tx, [id]);
    for (const shift of await shiftsBetween(tx, block.from, block.to, lineId))
      if (shift.start >= block.from && shift.end <= ended) await keepRecord(tx, id, shift, now, true);
  },
};

interface MachineRow {
  readonly id: number;
  readonly lineId: number;
  readonly microStopMs: number;
}

async function machineRow(tx: Tx, machine: PlantMachine): Promise<MachineRow> {
  const [row] = await tx.execute<MachineRow & Record<string, unknown>>(sql`
    select id, line_id as "lineId", micro_stop_ms as "microStopMs" from work_unit where code = ${machine.code}`);
  if (row === undefined) throw new Error(`the demo has no machine ${machine.code}`);
  return row;
}

async function storeDay(tx: Tx, asked: FillAsked): Promise<void> {
  const { machine, block, index, speed } = asked;
  const row = await machineRow(tx, machine);
  const digit = machine.code.codePointAt(machine.code.length - 1) ?? 0;
  const seed = index * 7919 + machine.code.length * 104_729 + digit * 31;
  const day = historyDay({
    machine,
    ...block,
    seed,
    cycleMs: cycleMs(machine, speed),
    microStopMs: row.microStopMs,
    scrapShare: 0.012 + 0.02 * ((seed % 97) / 97) ** 3,
    levels: levels[machine.kind],
  });
  await storeReadings(tx, row.id, index, day.readings);
  await storeOrders(tx, asked, row.id, day);
  await storeExplanations(tx, row.id, day);
}

/** Rows at a time: one statement's arrays stay small. */
const chunk = 5000;

async function storeReadings(
  tx: Tx,
  machineId: number,
  index: number,
  readings: readonly HistoryReading[],
): Promise<void> {
  const tags = await tx.execute<{ id: number; name: string; edgeId: number }>(sql`
    select t.id, split_part(t.metric, '/', 2) as name, s.edge_id as "edgeId" from tag t join source s on s.id = t.source_id
    where t.machine_id = ${machineId}`);
  const edgeId = tags[0]?.edgeId;
  const first = readings[0]?.at;
  const last = readings.at(-1)?.at;
  if (edgeId === undefined || first === undefined || last === undefined) return;
  const stream = await historyStream(tx, edgeId);
  // An epoch of its own for each day and machine: no queue of an edge ever has a negative one.
  const epoch = -(machineId * 1000 + index + 1);
  const ids = new Map(tags.map((t) => [t.name, t.id]));
  const rows = readings.flatMap((r) => {
    const id = ids.get(r.metric);
    return id === undefined ? [] : [{ ...r, id }];
  });
  for (let i = 0; i < rows.length; i += chunk) {
    const part = rows.slice(i, i + chunk);
    const json = JSON.stringify(
      part.map((r) => [
        r.id,
        r.at,
        typeof r.value === "number" ? r.value : null,
        typeof r.value === "string" ? r.value : null,
      ]),
    );
    await tx.execute(sql`
      insert into reading (source_ts, edge_ts, epoch, seq, num, stream_id, tag_id, quality, txt)
      select to_timestamp((r ->> 1)::float8 / 1000), to_timestamp((r ->> 1)::float8 / 1000), ${epoch}::bigint, ${i} + n,
        (r ->> 2)::float8, ${stream}, (r ->> 0)::int, 0, r ->> 3
      from jsonb_array_elements(${json}::jsonb) with ordinality x(r, n)`);
  }
  const numbers = [...new Set(rows.filter((r) => typeof r.value === "number").map((r) => r.id))];
  await storeRollups(tx, numbers, first, last);
}

async function historyStream(tx: Tx, edgeId: number): Promise<number> {
  await tx.execute(sql`insert into stream (edge_id, lane) values (${edgeId}, 0) on conflict do nothing`);
  const [row] = await tx.execute<{ id: number }>(
    sql`select id from stream where edge_id = ${edgeId} and lane = 0`,
  );
  return row?.id ?? 0;
}

/** Rollups of values that come once a minute and hold for one: from the minute upwards; finer ones would say nothing. */
async function storeRollups(tx: Tx, tags: readonly number[], from: number, to: number): Promise<void> {
  const span = sql`tag_id = any(${intArray(tags)}) and source_ts >= ${instant(from)} and source_ts <= ${instant(to)}`;
  await tx.execute(sql`
    insert into rollup (level, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s)
    select 60, tag_id, date_bin('1 min', source_ts, '2000-01-01 00:00+00') as bucket, count(*)::int, sum(num), min(num), max(num),
      (array_agg(num order by source_ts))[1], (array_agg(num order by source_ts desc))[1], avg(num) * 60, 60, 60
    from reading where ${span} and epoch < 0 and num is not null group by tag_id, bucket on conflict do nothing`);
  for (const [level, below] of [
    [900, 60],
    [86_400, 900],
  ] as const)
    await tx.execute(sql`
      insert into rollup (level, tag_id, bucket, count, sum, min, max, first, last, integral, known_s, good_s)
      select ${level}::int, tag_id, date_bin(make_interval(secs => ${level}), bucket, '2000-01-01 00:00+00') as wide, sum(count)::int, sum(sum),
        min(min), max(max), (array_agg(first order by bucket) filter (where first is not null))[1],
        (array_agg(last order by bucket desc) filter (where last is not null))[1], sum(integral), sum(known_s), sum(good_s)
      from rollup
      where level = ${below} and tag_id = any(${intArray(tags)})
        and bucket >= date_bin(make_interval(secs => ${level}), ${instant(from)}, '2000-01-01 00:00+00')
        and bucket < date_bin(make_interval(secs => ${level}), ${instant(to)}, '2000-01-01 00:00+00') + make_interval(secs => ${level})
      group by tag_id, wide
      on conflict (level, tag_id, bucket) do update set count = excluded.count, sum = excluded.sum, min = excluded.min,
        max = excluded.max, first = excluded.first, last = excluded.last, integral = excluded.integral,
        known_s = excluded.known_s, good_s = excluded.good_s`);
}

/** Orders that were made and are closed: what ran when, so that counts have their ideal time. */
async function storeOrders(
  tx: Tx,
  { machine, index, speed }: FillAsked,
  machineId: number,
  day: HistoryDay,
): Promise<void> {
  const made = productOf(machine.code);
  for (const [i, run] of day.runs.entries()) {
    const code = `PO-${String(10_000 + index * 40 + machineId * 4 + i)}-${machineId}`;
    const [order] = await tx.execute<{ id: string; product: string }>(sql`
      insert into production_order (code, product_id, quantity, due, state)
      select ${code}, id, ${orderQuantity(made, speed)}, ${instant(run.end)}, 'closed' from product where code = ${made.code}
      returning id, product_id as product`);
    if (order === undefined) continue;
    await tx.execute(sql`
      with j as (
        insert into job (order_id, sequence, operation, machine_id, quantity, state, planned_start)
        values (${order.id}, 10, ${made.operation}, ${machineId}, ${orderQuantity(made, speed)}, 'completed', ${instant(run.start)}) returning id)
      insert into job_run (machine_id, position, job_id, during)
      select ${machineId}, 1, id, ${periodOf(run.start, run.end)} from j`);
  }
}

async function storeExplanations(tx: Tx, machineId: number, { explanations }: HistoryDay): Promise<void> {
  for (const { start, end, reason, by } of explanations)
    await tx.execute(sql`
      insert into stop_explanation (machine_id, during, reason_id, by_name, person_id, at)
      select ${machineId}, ${periodOf(start, end)}, r.id, ${by}, (select id from person where name = ${by}), ${instant(end)}
      from stop_reason r where r.code = ${reason}`);
}
