import { randomUUID } from "node:crypto";
import { asc, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { testDb } from "#db/testing.ts";
import { audit, fact } from "#db/schema/core/core.ts";
import { type Actor, serviceActor } from "./actor.contract.ts";
import { auditHash } from "./audit.ts";
import { ManualClock } from "./clock.ts";
import { defineCommand } from "./command.ts";
import { defineFact } from "./facts.ts";
import { silentLogger } from "./log.ts";
import { createRunner, defineReaction } from "./runner.ts";

const counted = defineFact("test.counted", z.object({ n: z.number() }));
const count = defineCommand({
  name: "test.count",
  input: z.object({ n: z.number() }),
  allow: () => ({ action: "system.act" }),
  run: async (context, { n }) => {
    context.audit({
      action: "test.count",
      objectType: "number",
      objectId: String(n),
      after: { n, at: context.now },
    });
    context.publish(counted, "plant", { n });
    return { doubled: n * 2 };
  },
});

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const clock = new ManualClock(Date.UTC(2026, 10, 22));
const service = serviceActor("test");

test("a repeated command answers what was stored and does nothing twice", async () => {
  const { db } = handle;
  const id = randomUUID();
  const first = await count.execute({ db, clock }, service, id, { n: 1 });
  clock.advance(1000);
  const again = await count.execute({ db, clock }, service, id, { n: 1 });
  expect(again).toEqual(first);
  expect(await db.select().from(fact)).toHaveLength(1);
  await expect(count.execute({ db, clock }, service, id, { n: 2 })).rejects.toMatchObject({
    code: "conflict",
  });
});

test("a double tap that arrives twice at once is one command", async () => {
  const { db } = handle;
  const id = randomUUID();
  const answers = await Promise.all([1, 2].map(() => count.execute({ db, clock }, service, id, { n: 7 })));
  expect(answers).toEqual([{ doubled: 14 }, { doubled: 14 }]);
  expect((await db.select().from(fact)).filter((f) => (f.data as { n: number }).n === 7)).toHaveLength(1);
});

test("nobody may do what the table does not list", async () => {
  const nobody: Actor = { kind: "nobody", name: "", roles: [] };
  await expect(count.execute({ db: handle.db, clock }, nobody, randomUUID(), { n: 1 })).rejects.toMatchObject(
    { code: "sign_in_needed" },
  );
});

test("the audit chain can be recomputed from its rows", async () => {
  const rows = await handle.db.select().from(audit).orderBy(asc(audit.seq));
  expect(rows.length).toBeGreaterThan(1);
  let prev: Uint8Array = Buffer.alloc(32);
  for (const row of rows) {
    const hash = auditHash(prev, {
      seq: row.seq,
      at: row.at.getTime(),
      actor: row.actor as Actor,
      action: row.action,
      objectType: row.objectType,
      objectId: row.objectId,
      before: row.before,
      after: row.after,
      commandId: row.commandId,
    });
    expect(hash.equals(Buffer.from(row.hash))).toBe(true);
    prev = hash;
  }
});

test("a fact that fails five times is parked and the next ones go on", async () => {
  const { db } = handle;
  const seen: number[] = [];
  const parked: number[] = [];
  const reaction = defineReaction("test.reaction", counted, async (_context, { data }) => {
    if (data.n === 7) throw new Error("cannot");
    seen.push(data.n);
  });
  const runner = createRunner({
    db,
    clock,
    log: silentLogger,
    reactions: [reaction],
    schedules: [],
    onParked: async (_c, _r, id) => {
      parked.push(id);
    },
  });
  await count.execute({ db, clock }, service, randomUUID(), { n: 9 });
  for (let i = 0; i < 6; i++) {
    await runner.drain();
    clock.advance(60_000);
  }
  expect(seen).toEqual([1, 9]);
  expect(parked).toHaveLength(1);
});

test("a fact whose reaction meets trouble of the database comes again and is never parked for it", async () => {
  const { db } = handle;
  const seen: number[] = [];
  const parked: number[] = [];
  let deadlocks = 7;
  const reaction = defineReaction("test.unlucky", counted, async ({ tx }, { data }) => {
    if (data.n === 11 && deadlocks-- > 0)
      await tx.execute(sql`do $$ begin raise 'deadlock detected' using errcode = '40P01'; end $$`);
    seen.push(data.n);
  });
  const runner = createRunner({
    db,
    clock,
    log: silentLogger,
    reactions: [reaction],
    schedules: [],
    onParked: async (_c, _r, id) => {
      parked.push(id);
    },
  });
  await count.execute({ db, clock }, service, randomUUID(), { n: 11 });
  for (let i = 0; i < 8; i++) await runner.drain();
  expect(seen.at(-1)).toBe(11);
  expect(parked).toEqual([]);
});
