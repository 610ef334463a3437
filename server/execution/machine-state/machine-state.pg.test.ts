import { randomUUID } from "node:crypto";
import { asc, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { fact } from "#db/schema/core/core.ts";
import { machineState, stop, stopReason, stopReasonClass } from "#db/schema/execution/production.ts";
import { ManualClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { type Said, testHand, testLane, type TestMachine, testMachine } from "../testing.ts";
import { machineStateConsumer } from "./consumer.ts";
import { explainStop } from "./machine-state.commands.ts";
import { machineStateSchedules } from "./machine-state.schedules.ts";
import { stopsBetween } from "./stops.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const start = Date.UTC(2026, 10, 22, 8);
const second = 1000;
let made = 0;
const machine = () => testMachine(handle.db, `m-${(made += 1)}`);
const lane = () => testLane(handle.db, [machineStateConsumer]);
const state = (s: number, value: string, quality = 0): Said => ({
  at: start + s * second,
  what: "state",
  value,
  quality,
});

async function states(m: TestMachine): Promise<string[]> {
  const rows = await handle.db
    .select()
    .from(machineState)
    .where(sql`machine_id = ${m.id}`)
    .orderBy(asc(sql`lower(during)`));
  return rows.map((r) => {
    const at = (ms: number | null) => (ms === null ? "" : (ms - start) / second);
    return `${at(r.during.start)}-${at(r.during.end)} ${r.word}${r.fault === null ? "" : ` ${r.fault}`}`;
  });
}

async function stops(m: TestMachine): Promise<string[]> {
  const rows = await handle.db
    .select()
    .from(stop)
    .where(sql`machine_id = ${m.id}`)
    .orderBy(asc(sql`lower(during)`));
  return rows.map(
    (r) =>
      `${((r.during.start ?? 0) - start) / second}-${r.during.end === null ? "" : (r.during.end - start) / second} ${r.word}`,
  );
}

async function topics(m: TestMachine): Promise<string[]> {
  const rows = await handle.db
    .select()
    .from(fact)
    .where(sql`scope = ${`machine:${m.id}`}`)
    .orderBy(asc(fact.id));
  return rows.map((r) => r.topic);
}

async function tick(s: number): Promise<void> {
  await handle.db.transaction(async (tx) => {
    for (const schedule of machineStateSchedules)
      await schedule.run({ tx, now: start + s * second, log: silentLogger });
  });
}

test("a machine that runs, faults and runs again leaves three states and one stop", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [state(0, "running")]);
  await l.hear(m, [state(40, "fault"), { at: start + 40 * second, what: "fault", value: "E7" }]);
  await l.hear(m, [state(80, "fault")]);
  await tick(80);
  await l.hear(m, [state(100, "running"), { at: start + 100 * second, what: "fault", value: "" }]);
  expect(await states(m)).toEqual(["0-40 running", "40-100 fault E7", "100- running"]);
  expect(await stops(m)).toEqual(["40-100 fault"]);
  expect(await topics(m)).toEqual([
    "machine.stateChanged",
    "machine.stateChanged",
    "stop.opened",
    "machine.stateChanged",
    "stop.closed",
  ]);
});

test("a repeated state writes nothing", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [state(0, "running")]);
  const before = await handle.db.execute(sql`select xmin from machine_state where machine_id = ${m.id}`);
  await l.hear(m, [state(30, "running"), { at: start + 31 * second, what: "good", value: 4 }]);
  expect(await handle.db.execute(sql`select xmin from machine_state where machine_id = ${m.id}`)).toEqual(
    before,
  );
});

test("a micro-stop is no stop; one that is still open becomes one, back to its start, when it grows past the limit", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [state(0, "running"), state(10, "stopped"), state(20, "running"), state(30, "stopped")]);
  await tick(59);
  expect(await stops(m)).toEqual([]);
  await tick(60);
  expect(await stops(m)).toEqual(["30- stopped"]);
  expect(await topics(m)).toContain("stop.opened");
});

test("13.3: a machine that falls silent has no data from its stale limit on, and its stop ends there", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [state(0, "running"), state(30, "stopped")]);
  await tick(80);
  expect(await states(m)).toEqual(["0-30 running", "30- stopped"]);
  await tick(95);
  expect(await states(m)).toEqual(["0-30 running", "30-90 stopped", "90- no_data"]);
  expect(await stops(m)).toEqual(["30-90 stopped"]);
  await l.hear(m, [state(200, "running")]);
  expect(await states(m)).toEqual(["0-30 running", "30-90 stopped", "90-200 no_data", "200- running"]);
});

test("13.2: data that was held back fills the silence, raises no live fact and says that the past changed", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [state(0, "running")]);
  await l.hear(m, [state(600, "running")]);
  expect(await states(m)).toEqual(["0-60 running", "60-600 no_data", "600- running"]);
  const told = (await topics(m)).length;
  const late = Array.from({ length: 11 }, (_, i) => state(50 + i * 50, i < 5 ? "running" : "stopped"));
  await l.hear(m, late, { now: start + 700 * second, historical: true });
  expect(await states(m)).toEqual(["0-300 running", "300-600 stopped", "600- running"]);
  expect(await stops(m)).toEqual(["300-600 stopped"]);
  expect((await topics(m)).slice(told)).toEqual(["machine.pastChanged"]);
});

test("a machine whose backlog reaches the present was not silent, and that is said", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [state(0, "running")]);
  await tick(100);
  expect(await states(m)).toEqual(["0-60 running", "60- no_data"]);
  const told = (await topics(m)).length;
  const late = [state(30, "fault"), state(50, "running"), state(95, "running")];
  await l.hear(m, late, { now: start + 101 * second, historical: true });
  expect(await states(m)).toEqual(["0-30 running", "30-50 fault", "50- running"]);
  expect((await topics(m)).slice(told)).toEqual(["machine.stateChanged", "machine.pastChanged"]);
});

test("a sign of life that arrives late, from the very instant at which silence was judged, puts the silence off", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [state(0, "running"), { at: start + 120 * second, what: "good", value: 7 }]);
  expect(await states(m)).toEqual(["0-60 running", "60- no_data"]);
  await l.hear(m, [{ at: start + 60 * second, what: "good", value: 4 }], { historical: true });
  expect(await states(m)).toEqual(["0- running"]);
});

test("bad quality of the state is no data at once", async () => {
  const m = await machine();
  await lane().hear(m, [state(0, "running"), state(10, "running", 3), state(40, "running")]);
  expect(await states(m)).toEqual(["0-10 running", "10-40 no_data", "40- running"]);
});

test("the newest guard signal by source time counts, not the last to arrive", async () => {
  const m = await machine();
  const l = lane();
  await l.hear(m, [{ at: start + 20_000, what: "guard", value: true }]);
  await l.hear(m, [{ at: start + 10_000, what: "guard", value: false }]);
  const [row] = await handle.db.execute<{ open: boolean }>(
    sql`select guard_open as open from machine_signal where machine_id = ${m.id}`,
  );
  expect(row?.open).toBe(true);
  expect(await topics(m)).toEqual(["machine.signalChanged"]);
});

test("13.2: late, shuffled and cut into batches, readings lead to the same states and stops as in order", async () => {
  const words = fc.constantFrom("running", "stopped", "fault", "setup", "starved");
  const reading = fc.record({
    s: fc.integer({ min: 0, max: 60 }),
    kind: fc.constantFrom("state", "fault", "good"),
    word: words,
    code: fc.constantFrom("", "E1"),
    bad: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(reading, { minLength: 1, maxLength: 14, selector: (r) => r.s }),
      fc.infiniteStream(fc.nat(1000)),
      async (all, order) => {
        const toSaid = (r: (typeof all)[number]): Said => {
          const at = start + r.s * 10 * second;
          if (r.kind === "good") return { at, what: "good", value: r.s };
          return {
            at,
            what: r.kind === "state" ? "state" : "fault",
            value: r.kind === "state" ? r.word : r.code,
            quality: r.bad && r.kind === "state" ? 2 : 0,
          };
        };
        const said = all.map(toSaid);
        const now = start + 700 * second;
        const inOrder = await machine();
        await lane().hear(
          inOrder,
          said.toSorted((a, b) => a.at - b.at),
          { now },
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
            { now, historical: true },
          );
        // What is open is the clock's to judge: a stop that outgrows the limit while parts are still counted.
        await tick(600);
        expect(await states(shuffled)).toEqual(await states(inOrder));
        expect(await stops(shuffled)).toEqual(await stops(inOrder));
      },
    ),
    // Shrinking a counterexample may outlast the test; what was found until then is still told.
    { numRuns: 40, interruptAfterTimeLimit: 60_000 },
  );
}, 90_000);

test("a stop explained while open stays explained; a repeat of the command says nothing twice; a part can be split off", async () => {
  const { db } = handle;
  const m = await machine();
  const l = lane();
  await l.hear(m, [state(0, "running"), state(10, "stopped"), state(50, "stopped")], {
    now: start + 50 * second,
  });
  const [open] = await stopsBetween(db, [m.id], start, start + 1000 * second);
  const reasons = await db
    .insert(stopReason)
    .values([
      { code: `tool-${m.id}`, name: "Tool" },
      { code: `clean-${m.id}`, name: "Cleaning" },
    ])
    .returning();
  const [tool, clean] = reasons;
  await db.insert(stopReasonClass).values({ reasonId: clean?.id ?? 0, planned: true });
  const clock = new ManualClock(start + 60 * second);
  const id = randomUUID();
  const input = { machineId: m.id, stopId: open?.id, reasonId: tool?.id };
  await explainStop.execute({ db, clock }, testHand, id, input);
  await explainStop.execute({ db, clock }, testHand, id, input);
  await l.hear(m, [state(100, "running")]);
  const view = async () =>
    (await stopsBetween(db, [m.id], start, start + 1000 * second))[0]?.parts.map((p) => [
      (p.start - start) / second,
      ((p.end ?? 0) - start) / second,
      p.reason?.name,
      p.reason?.planned,
    ]);
  expect(await view()).toEqual([[10, 100, "Tool", false]]);
  clock.advance(3600 * second);
  await explainStop.execute({ db, clock }, testHand, randomUUID(), {
    ...input,
    reasonId: clean?.id,
    from: start + 70 * second,
  });
  expect(await view()).toEqual([
    [10, 70, "Tool", false],
    [70, 100, "Cleaning", true],
  ]);
  const [count] = await db.execute<{ n: number }>(
    sql`select count(*)::int as n from stop_explanation where machine_id = ${m.id}`,
  );
  expect(count?.n).toBe(2);
  await expect(
    explainStop.execute({ db, clock }, testHand, randomUUID(), { ...input, stopId: randomUUID() }),
  ).rejects.toMatchObject({ code: "not_found" });
});

test("a machine offers at most 25 reasons", async () => {
  const many = Array.from({ length: 26 }, (_, i) => ({
    code: `r-${i}`,
    name: `Reason ${i}`,
    machineKind: "lathe",
  }));
  await expect(handle.db.insert(stopReason).values(many)).rejects.toThrow();
  await handle.db.insert(stopReason).values(many.slice(0, 20));
});
