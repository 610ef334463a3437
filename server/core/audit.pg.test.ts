import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { testDb } from "#db/testing.ts";
import { type Actor, founderActor } from "./actor.contract.ts";
import { AuditFilter } from "./audit.contract.ts";
import { listAudit, verifyAudit } from "./audit.queries.ts";
import { ManualClock } from "./clock.ts";
import { defineCommand } from "./command.ts";

const act = defineCommand({
  name: "test.act",
  input: z.object({ action: z.string(), machineId: z.number().optional(), detail: z.unknown() }),
  allow: () => ({ action: "people.manage" }),
  run: async (context, { action, machineId, detail }) => {
    const objectId = String(machineId ?? 0);
    context.audit({
      action,
      objectType: "thing",
      objectId,
      machineId,
      before: null,
      after: detail,
      reason: "because",
    });
    return null;
  },
});

let handle: Awaited<ReturnType<typeof testDb>>;
const clock = new ManualClock(Date.UTC(2026, 10, 22, 8));
const [ada, ben] = ["Ada", "Ben"].map((name): Actor => ({
  ...founderActor(name),
  kind: "person",
  personId: crypto.randomUUID(),
}));
const write = async (actor: Actor | undefined, action: string, machineId?: number, detail: unknown = {}) => {
  clock.advance(1000);
  const input = { action, ...(machineId === undefined ? {} : { machineId }), detail };
  if (actor !== undefined) await act.execute({ db: handle.db, clock }, actor, crypto.randomUUID(), input);
};

beforeAll(async () => {
  handle = await testDb();
  await write(ada, "adjustment.approve", 1, {
    value: 228.5,
    note: "Öl, مكبس, 1e21",
    deep: { b: [1, null, "x"], a: 1e21 },
  });
  await write(ben, "adjustment.approve", 2);
  await write(ada, "adjustment_rule.change", 1);
  await write(ada, "alarm.take", 2);
});
afterAll(() => handle.close());

const list = (filter: object) => listAudit(handle.db, AuditFilter.parse(filter));
const seqs = async (filter: object) => (await list(filter)).map((row) => row.seq);

test("the record is filtered by machine, object, actor, action and time, newest first", async () => {
  expect(await seqs({})).toEqual([4, 3, 2, 1]);
  expect(await seqs({ machine: 1 })).toEqual([3, 1]);
  expect(await seqs({ objectType: "thing", objectId: "2" })).toEqual([4, 2]);
  expect(await seqs({ actor: ben?.personId })).toEqual([2]);
  expect(await seqs({ action: "adjustment" })).toEqual([2, 1]);
  expect(await seqs({ action: "adjustment_rule" })).toEqual([3]);
  const start = Date.UTC(2026, 10, 22, 8);
  expect(await seqs({ from: start + 2000, to: start + 4000 })).toEqual([3, 2]);
  expect(await seqs({ before: 3, limit: 1 })).toEqual([2]);
  expect((await list({ limit: 1 }))[0]).toMatchObject({
    actor: { name: "Ada" },
    action: "alarm.take",
    reason: "because",
    machineId: 2,
  });
});

test("an untouched chain verifies, page by page", async () => {
  const verdict = await verifyAudit(handle.db, 3);
  expect(verdict).toMatchObject({ rows: 4, firstBad: null });
  expect((await verifyAudit(handle.db)).head).toBe(verdict.head);
});

test("the role that the server runs under can add to the record and change nothing", async () => {
  const url = new URL(handle.url);
  url.username = "app";
  url.password = "app";
  const app = postgres(url.href, { max: 1, onnotice: () => {} });
  try {
    await expect(app`update audit set reason = 'nothing happened'`).rejects.toThrow("permission denied");
    await expect(app`delete from audit`).rejects.toThrow("permission denied");
    await expect(app`truncate audit`).rejects.toThrow("permission denied");
    await expect(app`drop trigger audit_no_change on audit`).rejects.toThrow("must be owner");
    await expect(app`alter table audit disable trigger all`).rejects.toThrow("must be owner");
    await expect(app`create table evil (a int)`).rejects.toThrow("permission denied");
    expect(await app`select count(*)::int as rows from audit`).toEqual([{ rows: 4 }]);
  } finally {
    await app.end();
  }
  // Even the owner has to take the trigger away first.
  await expect(handle.db.execute(sql`delete from audit`)).rejects.toMatchObject({
    cause: { message: "audit is append-only" },
  });
});

/** What somebody with the owner's password could do, undone again after each look. */
async function tampered(change: ReturnType<typeof sql>): Promise<number | null> {
  let firstBad: number | null = -1;
  const undo = new Error("undo");
  await handle.db
    .transaction(async (tx) => {
      await tx.execute(sql`alter table audit disable trigger user`);
      await tx.execute(change);
      firstBad = (await verifyAudit(tx)).firstBad;
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  return firstBad;
}

beforeEach(async () => {
  expect((await verifyAudit(handle.db)).firstBad).toBeNull();
});

test("whatever is changed, taken out or put in shows at its row", async () => {
  expect(await tampered(sql`update audit set reason = 'another' where seq = 2`)).toBe(2);
  expect(await tampered(sql`update audit set after = '{"value": 229}' where seq = 1`)).toBe(1);
  expect(
    await tampered(sql`update audit set actor = jsonb_set(actor, '{name}', '"Eve"') where seq = 3`),
  ).toBe(3);
  expect(await tampered(sql`update audit set person_id = gen_random_uuid() where seq = 3`)).toBe(3);
  expect(await tampered(sql`update audit set at = at + interval '1 ms' where seq = 4`)).toBe(4);
  expect(await tampered(sql`delete from audit where seq = 2`)).toBe(3);
  expect(await tampered(sql`delete from audit where seq = 1`)).toBe(2);
  expect(
    await tampered(sql`insert into audit select 5, at, actor, person_id, station_id, action, object_type, object_id,
      machine_id, before, after, reason, command_id, hash, hash from audit where seq = 4`),
  ).toBe(5);
});
