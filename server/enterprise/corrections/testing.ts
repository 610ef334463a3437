import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { shiftPattern } from "#db/schema/execution/shifts.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { silentLogger } from "#server/core/log.ts";
import { createRunner } from "#server/core/runner.ts";
import { contextBands } from "#server/execution/context/context.queries.ts";
import { createConsumers } from "#server/execution/consumers.ts";
import { counterReactions } from "#server/execution/counters/counters.reactions.ts";
import { machineStateSchedules } from "#server/execution/machine-state/machine-state.schedules.ts";
import { finishJob, startJob } from "#server/execution/orders/orders.commands.ts";
import { expandAllShifts } from "#server/execution/shifts/expand.ts";
import {
  type Said,
  testHand,
  testJob,
  testLane,
  testLot,
  type TestMachine,
  testMachine,
} from "#server/execution/testing.ts";
import { oeeReactions } from "../oee/oee.reactions.ts";
import { oeeSchedules } from "../oee/oee.schedules.ts";
import { saveCorrection } from "./corrections.commands.ts";
import type { Correction } from "./corrections.contract.ts";
import { previewCorrection } from "./preview.ts";

/** For tests: a day whose figures can be done by hand. 06:00 in Berlin, the start of the early shift. */
export const early = Date.UTC(2026, 10, 22, 5);
export const minute = 60_000;
export const hour = 60 * minute;

/** A machine that says each 30 s that it runs and counts a part each `every` minutes: 0 at `from`, then 1, 2, … */
export function running(from: number, to: number, every = 1, countFrom = 0): Said[] {
  const said: Said[] = [];
  for (let at = from; at < to; at += minute / 2) said.push({ at, what: "state", value: "running" });
  for (let at = from, n = countFrom; at < to; at += every * minute, n++)
    said.push({ at, what: "good", value: n });
  return said.toSorted((a, b) => a.at - b.at);
}

/** A machine of a line of its own with an early (06–14) and a late shift (14–22). */
export async function machineWithShifts(db: Db, code: string, positions = 1): Promise<TestMachine> {
  const m = await testMachine(db, code, positions);
  const pattern = { lineId: m.lineId, weekdays: [1, 2, 3, 4, 5, 6, 7] };
  await db.insert(shiftPattern).values([
    { ...pattern, code: "E", name: "Early", startLocal: "06:00", endLocal: "14:00" },
    { ...pattern, code: "L", name: "Late", startLocal: "14:00", endLocal: "22:00" },
  ]);
  await db.transaction((tx) => expandAllShifts(tx, early, 0, 1));
  return m;
}

/**
 * A day on one machine: order A (a minute a part) from 06:00 to 10:00 with a lot of resin, then order B (half a minute
 * a part) which still runs; a part each minute; now it is 14:30 and the early shift is closed.
 */
export async function correctedDay(db: Db, code: string) {
  const m = await machineWithShifts(db, code);
  const clock = new ManualClock(early);
  const reactions = [...counterReactions, ...oeeReactions];
  const runner = createRunner({ db, clock, log: silentLogger, reactions, schedules: [] });
  const act = <I, O>(command: Command<I, O>, input: unknown, by: Actor = testHand): Promise<O> =>
    command.execute({ db, clock }, by, randomUUID(), input);
  const a = await testJob(db, m, `${code}-A`, { cycleMs: minute, parts: 1 });
  const b = await testJob(db, m, `${code}-B`, { cycleMs: minute / 2, parts: 1 });
  const resin = await testLot(db, `${code}-R1`, a.productId);
  const [other] = await db.execute<{ id: string }>(sql`
    insert into lot (code, material_id, quantity) values (${`${code}-R2`}, ${resin.materialId}, 500) returning id`);
  const lane = testLane(db, createConsumers());
  const runA = await act(startJob, { machineId: m.id, jobId: a.jobId, lotIds: [resin.lotId] });
  await lane.hear(m, running(early, early + 4 * hour));
  clock.jumpTo(early + 4 * hour);
  await act(finishJob, { machineId: m.id, jobId: a.jobId });
  const runB = await act(startJob, { machineId: m.id, jobId: b.jobId });
  await lane.hear(m, running(early + 4 * hour, early + 8.5 * hour, 1, 240));
  clock.jumpTo(early + 8.5 * hour);

  /** Facts have been followed and the shifts' records kept. */
  async function settled(): Promise<void> {
    await runner.drain();
    for (const schedule of [...machineStateSchedules, ...oeeSchedules])
      await db.transaction((tx) => schedule.run({ tx, now: clock.now(), log: silentLogger }));
    await runner.drain();
  }
  await settled();
  const preview = (correction: Correction, by: Actor = testHand) =>
    previewCorrection({ db, now: clock.now(), actor: by }, correction);
  /** Looks at the preview and saves exactly that. */
  async function correct(correction: Correction, reason = "as the shift book says", by: Actor = testHand) {
    const shown = await preview(correction, by);
    const { asOf, fingerprint } = shown;
    const saved = await act(saveCorrection, { correction, asOf, fingerprint, reason }, by);
    await settled();
    return { ...saved, shown };
  }
  return {
    m,
    clock,
    act,
    a: { ...a, runId: runA.runId },
    b: { ...b, runId: runB.runId },
    lots: { used: resin.lotId, right: other?.id ?? "", materialId: resin.materialId },
    lane,
    settled,
    preview,
    correct,
  };
}
export type CorrectedDay = Awaited<ReturnType<typeof correctedDay>>;

/** Every figure a correction may restate, without the names of versions. */
export async function figures(db: Db, { m, a, b, lots }: CorrectedDay) {
  const rows = (query: ReturnType<typeof sql>) => db.execute(query);
  return {
    bands: (await contextBands(db, m.id, early, early + 24 * hour)).map(({ runId: _run, ...band }) => band),
    counts: await rows(sql`
      select start, job_id, good, scrap, round(ideal_ms::numeric, 3) as ideal, without_standard from count_bucket
      where machine_id = ${m.id} order by start, job_id`),
    shifts: await rows(sql`
      select shift_id, pbt, apt, adet, adot, good, scrap, round(ideal_good_ms::numeric, 3) as ideal from oee_shift
      where machine_id = ${m.id} and superseded_at is null order by shift_id`),
    jobs: await rows(sql`select state, machine_id from job where id in (${a.jobId}, ${b.jobId}) order by id`),
    orders: await rows(sql`
      select state from production_order where id in (${a.orderId}, ${b.orderId}) order by id`),
    lots: await rows(sql`
      select quantity::float8 as q, disposition from lot where id in (${lots.used}, ${lots.right}) order by id`),
  };
}
