import { randomUUID } from "node:crypto";
import { and, desc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { audit } from "#db/schema/core/core.ts";
import { tag } from "#db/schema/device/tags.ts";
import { ManualClock } from "#server/core/clock.ts";
import { type Said, testHand, testLane, type TestMachine, testMachine } from "../testing.ts";
import { countersConsumer } from "./consumer.ts";
import { decideCounter } from "./doubts.commands.ts";
import type { CounterDecision } from "./doubts.contract.ts";
import { listCounterDoubts } from "./doubts.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const start = Date.UTC(2026, 10, 22, 8);
const good = (s: number, value: number): Said => ({ at: start + s * 1000, what: "good", value });
let made = 0;

/** A machine whose good counter said this, every ten seconds from the start. */
async function said(values: number[], modulus: number | null = null) {
  const m = await testMachine(handle.db, `d-${(made += 1)}`);
  if (modulus !== null) await handle.db.update(tag).set({ modulus }).where(eq(tag.id, m.tags.good));
  const lane = testLane(handle.db, [countersConsumer]);
  await lane.hear(
    m,
    values.map((value, i) => good(i * 10, value)),
  );
  return { m, lane };
}

async function total(m: TestMachine): Promise<number> {
  const [row] = await handle.db.execute<{ good: number }>(
    sql`select coalesce(sum(good), 0)::float8 as good from count_bucket where machine_id = ${m.id}`,
  );
  return row?.good ?? -1;
}

const doubts = async (m: TestMachine, show: "open" | "decided" = "open") =>
  (await listCounterDoubts(handle.db, { show, limit: 500 })).filter(({ machineId }) => machineId === m.id);

async function decide(m: TestMachine, decision: CounterDecision, change: object = {}) {
  const [doubt] = await doubts(m);
  const { at = 0, from = 0, to = 0 } = doubt ?? {};
  const input = { tagId: m.tags.good, at, from, to, decision, reason: "looked at the machine", ...change };
  const context = { db: handle.db, clock: new ManualClock(start + 100_000) };
  return decideCounter.execute(context, testHand, randomUUID(), input);
}

test("13.6: a reset by hand to zero, or to the few parts made since, is normal and no doubt", async () => {
  const { m } = await said([500, 0, 8, 500, 3]);
  expect(await doubts(m)).toEqual([]);
  expect(await total(m)).toBe(503);
});

test("13.6: a counter that falls by a little is a doubt that a supervisor finds with what it counts now", async () => {
  const { m } = await said([5000, 4999, 5001]);
  expect(await doubts(m)).toEqual([
    {
      tagId: m.tags.good,
      tagName: "good",
      meaning: "good",
      machineId: m.id,
      machineCode: expect.any(String),
      machineName: expect.any(String),
      at: start + 10_000,
      from: 5000,
      to: 4999,
      decision: "reset",
      counted: 4999,
      ifRollover: null,
      state: "open",
      reason: null,
    },
  ]);
  expect(await total(m)).toBe(5001);
});

test("13.6: called a wrong reading it is left out, and the next one counts from the one before it", async () => {
  const { m, lane } = await said([5000, 4000, 5001, 5003]);
  expect(await decide(m, "wrong")).toEqual({ counted: 0 });
  expect(await total(m)).toBe(3);
  expect(await doubts(m)).toEqual([]);
  expect(await doubts(m, "decided")).toMatchObject([
    { decision: "wrong", counted: 0, reason: "looked at the machine" },
  ]);
  // Late data beside it count the same stretch again: what was said stands.
  await lane.hear(m, [good(15, 5000), good(5, 5000)], { historical: true });
  expect(await total(m)).toBe(3);
  expect(await doubts(m)).toEqual([]);
});

test("13.6: called a roll-over it counts over the top; called a reset it counts as it did, and is open no more", async () => {
  const { m } = await said([50_000, 40_000], 65_536);
  expect(await decide(m, "rollover")).toEqual({ counted: 55_536 });
  expect(await total(m)).toBe(55_536);
  // A second thought is allowed while the step is the same.
  expect(await decide(m, "reset", { at: start + 10_000, from: 50_000, to: 40_000 })).toEqual({
    counted: 40_000,
  });
  expect(await total(m)).toBe(40_000);
  expect(await doubts(m, "decided")).toMatchObject([{ decision: "reset" }]);
});

test("13.6: what was said of one step is not said of another: late data bring the doubt back", async () => {
  const { m, lane } = await said([50_000, 40_000], 65_536);
  await decide(m, "rollover");
  await lane.hear(m, [good(5, 50_010)], { historical: true });
  expect(await doubts(m)).toMatchObject([{ from: 50_010, to: 40_000, decision: "reset" }]);
  expect(await doubts(m, "decided")).toEqual([]);
});

test("a decision on a step that is another one meanwhile, on none, or against the counter's nature is refused", async () => {
  const { m } = await said([5000, 4000]);
  await expect(decide(m, "reset", { from: 4990 })).rejects.toMatchObject({ code: "conflict" });
  await expect(decide(m, "reset", { at: start })).rejects.toMatchObject({ code: "not_found" });
  await expect(decide(m, "rollover")).rejects.toMatchObject({ code: "invalid", field: "decision" });
  expect(await total(m)).toBe(4000);
});

test("who decided what, with what it counted before and after, stands in the audit", async () => {
  const { m } = await said([5000, 4000, 4010]);
  await decide(m, "wrong");
  const [row] = await handle.db
    .select()
    .from(audit)
    .where(and(eq(audit.action, "counter.decide"), eq(audit.machineId, m.id)))
    .orderBy(desc(audit.seq));
  expect(row).toMatchObject({
    before: { decision: "reset", counted: 4000, from: 5000, to: 4000 },
    after: { decision: "wrong", counted: 0 },
    reason: "looked at the machine",
  });
});
