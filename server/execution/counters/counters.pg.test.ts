import { randomUUID } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { countBucket, counterJump } from "#db/schema/execution/production.ts";
import { tag } from "#db/schema/device/tags.ts";
import { ManualClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { createRunner } from "#server/core/runner.ts";
import { startJob } from "../orders/orders.commands.ts";
import { type Said, testHand, testJob, testLane, type TestMachine, testMachine } from "../testing.ts";
import { countersConsumer } from "./consumer.ts";
import { counterReactions } from "./counters.reactions.ts";
import { lockCounts, recount } from "./recount.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const start = Date.UTC(2026, 10, 22, 8);
let made = 0;
const machine = () => testMachine(handle.db, `c-${(made += 1)}`);
const lane = () => testLane(handle.db, [countersConsumer]);
const good = (s: number, value: number, quality = 0): Said => ({
  at: start + s * 1000,
  what: "good",
  value,
  quality,
});

async function buckets(m: TestMachine): Promise<(string | number | null)[][]> {
  const rows = await handle.db
    .select()
    .from(countBucket)
    .where(eq(countBucket.machineId, m.id))
    .orderBy(asc(countBucket.start), asc(countBucket.jobId));
  return rows.map((r) => [(r.start.getTime() - start) / 1000, r.good, r.scrap]);
}

test("parts are counted in the ten seconds in which the machine counted them", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [good(0, 1000)]);
  await l.hear(m, [good(9, 1008), { at: start + 9000, what: "scrap", value: 3 }]);
  await l.hear(m, [good(10, 1016), { at: start + 15_000, what: "scrap", value: 4 }]);
  expect(await buckets(m)).toEqual([
    [0, 8, 0],
    [10, 8, 1],
  ]);
});

test("13.6: bad and stale readings are skipped, not zero", async () => {
  const m = await machine();
  await lane().hear(m, [good(0, 10), good(1, 0, 2), good(2, 0, 3), good(3, 12)]);
  expect(await buckets(m)).toEqual([[0, 2, 0]]);
});

test("13.6: a roll-over and a reset are told apart, and the decision is kept", async () => {
  const m = await machine();
  await handle.db.update(tag).set({ modulus: 65_536 }).where(eq(tag.id, m.tags.good));
  await lane().hear(m, [good(0, 65_530), good(5, 12), good(15, 4)]);
  expect(await buckets(m)).toEqual([
    [0, 18, 0],
    [10, 4, 0],
  ]);
  const jumps = await handle.db
    .select()
    .from(counterJump)
    .where(eq(counterJump.machineId, m.id))
    .orderBy(asc(counterJump.at));
  expect(jumps.map((j) => [j.fromValue, j.toValue, j.decision, j.delta])).toEqual([
    [65_530, 12, "rollover", 18],
    [12, 4, "reset", 4],
  ]);
});

test("13.2: late, shuffled and cut into batches, counts are those of readings in order", async () => {
  const reading = fc.record({
    s: fc.integer({ min: 0, max: 90 }),
    value: fc.integer({ min: 0, max: 50 }),
    what: fc.constantFrom("good" as const, "scrap" as const),
    bad: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(reading, { minLength: 1, maxLength: 14, selector: (r) => `${r.s}/${r.what}` }),
      fc.infiniteStream(fc.nat(1000)),
      async (all, order) => {
        const said = all.map(({ s, value, what, bad }): Said => ({
          at: start + s * 1000,
          what,
          value,
          quality: bad && s % 3 === 0 ? 2 : 0,
        }));
        const inOrder = await machine();
        await lane().hear(
          inOrder,
          said.toSorted((a, b) => a.at - b.at),
        );
        const shuffled = await machine();
        const l = lane();
        const keyed = said
          .map((one) => ({ one, key: order.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key);
        for (let i = 0; i < keyed.length; i += 3)
          await l.hear(
            shuffled,
            keyed.slice(i, i + 3).map((k) => k.one),
            { historical: true },
          );
        expect(await buckets(shuffled)).toEqual(await buckets(inOrder));
      },
    ),
    { numRuns: 40 },
  );
}, 90_000);

test("13.7: a job that is said to have begun ten minutes ago gets the parts since then, at its ideal time", async () => {
  const { db } = handle;
  const m = await machine();
  const l = lane();
  await l.hear(
    m,
    Array.from({ length: 7 }, (_, i) => good(i * 100 + 5, i * 10)),
  );
  const { jobId } = await testJob(db, m, "PO-LATE", { cycleMs: 16_000, parts: 8 });
  const clock = new ManualClock(start + 700_000);
  const runner = createRunner({ db, clock, log: silentLogger, reactions: counterReactions, schedules: [] });
  const ofJob = async () => {
    const [row] = await db.execute<{ good: number; ideal: number }>(sql`
      select coalesce(sum(good), 0)::int as good, coalesce(sum(ideal_good_ms), 0)::float8 as ideal from count_bucket where job_id = ${jobId}`);
    return row;
  };
  await runner.drain();
  await startJob.execute({ db, clock }, testHand, randomUUID(), {
    machineId: m.id,
    jobId,
    at: start + 300_000,
  });
  await runner.drain();
  expect(await ofJob()).toEqual({ good: 40, ideal: 80_000 });
  const [all] = await db.execute<{ good: number }>(
    sql`select sum(good)::int as good from count_bucket where machine_id = ${m.id}`,
  );
  expect(all?.good).toBe(60);
});

test("what was counted from readings that are deleted by now stands when a job of that time is corrected", async () => {
  const { db } = handle;
  const m = await machine();
  const l = lane();
  const day = 86_400;
  // Three parts on each of two days; the readings of the first day are deleted by and by.
  await l.hear(m, [good(0, 0), good(20, 3), good(day, 3), good(day + 20, 6), good(day + 40, 9)]);
  const before = await buckets(m);
  expect(before.map(([, parts]) => parts)).toEqual([3, 3, 3]);
  await db.execute(sql`delete from reading where source_ts < '2026-11-23'
    and tag_id in (select id from tag where machine_id = ${m.id})`);
  await db.execute(sql`insert into retention_gone (class, before) values ('state', '2026-11-23')`);
  await db.transaction(async (tx) => {
    await lockCounts(tx, [m.id]);
    await recount(tx, m.id, start, start + (day + 60) * 1000);
  });
  expect(await buckets(m)).toEqual(before);
  await db.execute(sql`delete from retention_gone`);
});
