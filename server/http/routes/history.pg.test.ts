import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "#db/schema/core/core.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { undoers } from "#server/features.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { historyRoutes } from "./history.ts";
import { plantRoutes } from "./plant.ts";

let house: TestHouse;
let admin: TestBrowser;
beforeAll(async () => {
  house = await testHouse([plantRoutes, historyRoutes(undoers)]);
  admin = await house.signedIn("administrator");
});
afterAll(() => house.close());

const change = (body: object) => admin.post(`/plant/machines/${house.machineId}`, body);
const history = async (who = admin) =>
  (await who.get(`/history?objectType=machine&objectId=${house.machineId}`)).body;
const undo = (auditSeq: number, who = admin) => who.post("/history/undo", { auditSeq });
const machine = async () =>
  (await house.db.select().from(workUnit).where(eq(workUnit.id, house.machineId)))[0];

test("a limit that was changed by mistake stands as before after one undo, and the record names what was taken back", async () => {
  const before = await machine();
  await change({ microStopMs: 60_000, name: "Press A" });
  const [entry] = await history();
  expect(entry).toMatchObject({
    action: "plant.change_machine",
    undoes: null,
    whyNot: null,
    changes: expect.arrayContaining([{ field: "microStopMs", from: 1000, to: 60_000 }]),
  });
  expect((await undo(entry.seq)).status).toBe(200);
  expect(await machine()).toEqual(before);
  const [taken, first] = await history();
  expect(taken).toMatchObject({
    action: "history.undo",
    undoes: entry.seq,
    whyNot: { code: "not_undoable" },
  });
  expect(first.whyNot.code).toBe("already_undone");
  expect((await undo(entry.seq)).body.refusal.code).toBe("already_undone");
  expect((await undo(taken.seq)).body.refusal.code).toBe("not_undoable");
});

test("the same press twice takes back once", async () => {
  await change({ kind: "saw" });
  const [entry] = await history();
  const commandId = crypto.randomUUID();
  const body = { commandId, auditSeq: entry.seq };
  const answers = await Promise.all([1, 2].map(() => admin.call("POST", "/history/undo", body)));
  expect(answers.map((a) => a.status)).toEqual([200, 200]);
  const rows = await house.db.select().from(audit).where(eq(audit.commandId, commandId));
  expect(rows).toHaveLength(1);
});

test("two who take back the same at once: one of them hears that it is done", async () => {
  await change({ kind: "lathe" });
  const [entry] = await history();
  const codes = (await Promise.all([undo(entry.seq), undo(entry.seq)])).map((a) => a.body.refusal?.code);
  expect(codes.toSorted()).toEqual(["already_undone", undefined]);
});

test("what somebody else changed since is not overwritten, and they are named", async () => {
  await change({ name: "Press B" });
  const [first] = await history();
  const other = await house.signedIn("administrator");
  await other.post(`/plant/machines/${house.machineId}`, { name: "Press C" });
  const { body } = await undo(first.seq);
  expect(body.refusal).toMatchObject({
    code: "changed_since",
    params: { who: expect.stringMatching(/^Person/) },
  });
  expect((await machine())?.name).toBe("Press C");
  // Once theirs is taken back, nothing stands in the way any more.
  const [theirs] = await history();
  await undo(theirs.seq);
  expect((await undo(first.seq)).status).toBe(200);
});

test("what was moved past the record is not overwritten either", async () => {
  await change({ targetShare: 0.7 });
  const [entry] = await history();
  await house.db.execute(sql`update work_unit set target_share = 0.5 where id = ${house.machineId}`);
  expect((await undo(entry.seq)).body.refusal.code).toBe("changed_otherwise");
  expect((await machine())?.targetShare).toBe(0.5);
});

test("the history is for those who may read the record; taking back needs the right of the edit", async () => {
  await change({ name: "Press D" });
  const supervisor = await house.signedIn("supervisor");
  const [entry] = await history(supervisor);
  expect(entry.whyNot.code).toBe("not_allowed");
  expect((await undo(entry.seq, supervisor)).body.refusal.code).toBe("not_allowed");
  const operator = await house.signedIn("operator");
  expect((await operator.get(`/history?objectType=machine&objectId=1`)).body.refusal.code).toBe(
    "not_allowed",
  );
  expect((await undo(entry.seq, operator)).body.refusal.code).toBe("not_allowed");
  expect((await machine())?.name).toBe("Press D");
});

test("what nobody said how to take back, and what is no line of the record, is refused in words", async () => {
  const [row] = await house.db.select().from(audit).where(eq(audit.action, "person.add")).limit(1);
  expect((await undo(row?.seq ?? 0)).body.refusal.code).toBe("not_undoable");
  expect((await undo(9_999_999)).body.refusal.code).toBe("not_found");
});
