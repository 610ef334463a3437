import { randomUUID } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stopReason, stopReasonClass } from "#db/schema/execution/production.ts";
import { testDb } from "#db/testing.ts";
import { type Actor, founderActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { undoChange } from "#server/core/history.commands.ts";
import { readHistory } from "#server/core/history.queries.ts";
import { instant } from "#db/sql.ts";
import { stopReasons } from "../machine-state/stops.queries.ts";
import { testMachine } from "../testing.ts";
import { addReasonGroup, changeReasonGroup, moveReasonGroup, removeReasonGroup } from "./groups.commands.ts";
import { addStopReason, changeStopReason } from "./reasons.commands.ts";
import { listReasonGroups, readReasonTree } from "./reasons.queries.ts";
import { mostReasons } from "./reasons.rules.ts";
import { reasonUndoers } from "./reasons.undo.ts";
import { reasonUse } from "./use.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
const hour = 3_600_000;
const clock = new ManualClock(Date.UTC(2026, 10, 23, 6));
const administrator: Actor = { ...founderActor("test"), roles: ["administrator"] };

beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const act = <I, O>(command: Command<I, O>, input: unknown): Promise<O> =>
  command.execute({ db: handle.db, clock }, administrator, randomUUID(), input);
const tree = () => readReasonTree(handle.db, clock.now());
const reasonNamed = async (name: string) => (await tree()).reasons.find((r) => r.name === name);

/** Takes back the newest change of a record. */
async function undoLast(objectType: string, objectId: number): Promise<void> {
  const [last] = await readHistory(handle.db, reasonUndoers, administrator, {
    objectType,
    objectId: String(objectId),
  });
  await act(undoChange(reasonUndoers), { auditSeq: last?.seq });
}

test("reasons stand under their headings, in the headings' order; an operator is offered what fits the machine", async () => {
  const machine = await testMachine(handle.db, "tree");
  const { groupId: technical } = await act(addReasonGroup, { name: "Technical" });
  const { groupId: material } = await act(addReasonGroup, { name: "Material" });
  await act(addStopReason, { name: "Jam", groupId: technical });
  await act(addStopReason, { name: "Empty", groupId: material });
  await act(addStopReason, { name: "Blade", groupId: technical, machineKind: "saw" });
  await act(addStopReason, { name: "Other" });
  const offered = async () =>
    (await stopReasons(handle.db, machine.id, clock.now())).map((r) => [r.group?.name ?? null, r.name]);
  expect(await offered()).toEqual([
    ["Technical", "Jam"],
    ["Material", "Empty"],
    [null, "Other"],
  ]);
  await act(moveReasonGroup, { groupId: material, to: 0 });
  expect(await offered()).toEqual([
    ["Material", "Empty"],
    ["Technical", "Jam"],
    [null, "Other"],
  ]);
  await undoLast("stop_reason_group", material);
  expect((await listReasonGroups(handle.db)).map(({ name }) => name)).toEqual(["Technical", "Material"]);
});

test("a heading is taken away when nothing stands under it any more; what was put away does not hold it", async () => {
  const { groupId } = await act(addReasonGroup, { name: "Short" });
  const { reasonId } = await act(addStopReason, { name: "Brief", groupId });
  await expect(act(removeReasonGroup, { groupId })).rejects.toMatchObject({
    code: "group_not_empty",
    params: { name: "Short", count: 1 },
  });
  await act(changeStopReason, { reasonId, active: false });
  await act(removeReasonGroup, { groupId });
  expect(await reasonNamed("Brief")).toMatchObject({ active: false, groupId: null });
  await expect(act(addStopReason, { name: "Lost", groupId })).rejects.toMatchObject({ code: "not_found" });
});

test("two reasons that one machine would offer under one name are refused; another kind of machine may have its own", async () => {
  const { reasonId } = await act(addStopReason, { name: "Snag", machineKind: "press" });
  await expect(act(addStopReason, { name: "snag" })).rejects.toMatchObject({
    code: "already_taken",
    field: "name",
  });
  await expect(act(addStopReason, { name: "SNAG", machineKind: "press" })).rejects.toMatchObject({
    code: "already_taken",
  });
  const oven = await act(addStopReason, { name: "Snag", machineKind: "oven" });
  await expect(
    act(changeStopReason, { reasonId: oven.reasonId, machineKind: "press" }),
  ).rejects.toMatchObject({ code: "already_taken" });
  await act(changeStopReason, { reasonId, name: "Snag" });
  for (const one of [reasonId, oven.reasonId]) await act(changeStopReason, { reasonId: one, active: false });
});

test("two headings of one name are refused, and a new name is taken back", async () => {
  const { groupId } = await act(addReasonGroup, { name: "Quality" });
  await expect(act(addReasonGroup, { name: "quality" })).rejects.toMatchObject({ code: "already_taken" });
  await act(changeReasonGroup, { groupId, name: "Quality checks" });
  await undoLast("stop_reason_group", groupId);
  expect((await listReasonGroups(handle.db)).find(({ id }) => id === groupId)?.name).toBe("Quality");
});

test("a seeded reason that is named anew shows the plant's own name in every language; taken back, it has its words again", async () => {
  const [seeded] = await handle.db
    .insert(stopReason)
    .values({ code: "no_operator", name: "Nobody here" })
    .returning();
  const reasonId = seeded?.id ?? 0;
  await act(changeStopReason, { reasonId, machineKind: "saw" });
  expect(await reasonNamed("Nobody here")).toMatchObject({ code: "no_operator" });
  await act(changeStopReason, { reasonId, name: "Operator away" });
  expect((await reasonNamed("Operator away"))?.code).toMatch(/^r[0-9a-f]{8}$/);
  await undoLast("stop_reason", reasonId);
  expect(await reasonNamed("Nobody here")).toMatchObject({ code: "no_operator", machineKind: "saw" });
});

test("how a reason counts changes from now on; taken back, it counts as before, and the past keeps what it was", async () => {
  const { reasonId } = await act(addStopReason, { name: "Cleaning" });
  clock.advance(hour);
  await act(changeStopReason, { reasonId, planned: true });
  clock.advance(hour);
  await undoLast("stop_reason", reasonId);
  expect(await reasonNamed("Cleaning")).toMatchObject({ planned: false });
  const classes = await handle.db
    .select({ planned: stopReasonClass.planned, during: stopReasonClass.during })
    .from(stopReasonClass)
    .where(eq(stopReasonClass.reasonId, reasonId))
    .orderBy(asc(sql`lower(during)`));
  expect(classes).toEqual([
    { planned: true, during: { start: clock.now() - hour, end: clock.now() } },
    { planned: false, during: { start: clock.now(), end: null } },
  ]);
});

test("an addition is taken back as long as nobody gave the reason; then it is put away instead", async () => {
  const { reasonId } = await act(addStopReason, { name: "Typo", changeover: true });
  await undoLast("stop_reason", reasonId);
  expect(await reasonNamed("Typo")).toBeUndefined();
  const machine = await testMachine(handle.db, "given");
  const given = await act(addStopReason, { name: "Given" });
  await handle.db.execute(sql`
    insert into stop_explanation (machine_id, during, reason_id, by_name, at)
    values (${machine.id}, tstzrange(${instant(clock.now() - hour)}, ${instant(clock.now())}), ${given.reasonId}, 'Ada', now())`);
  await expect(undoLast("stop_reason", given.reasonId)).rejects.toMatchObject({
    code: "reason_in_use",
    params: { name: "Given", count: 1 },
  });
});

test("the twenty-sixth reason of a machine is refused with its name, also when one is taken up or moved to its kind", async () => {
  await testMachine(handle.db, "lathe-full");
  await handle.db.execute(
    sql`update work_unit set kind = 'lathe', name = 'Lathe 9' where code = 'lathe-full'`,
  );
  const offered = (await tree()).reasons.filter((r) => r.active && r.machineKind === null).length;
  const away = await act(addStopReason, { name: "Away", machineKind: "lathe" });
  await act(changeStopReason, { reasonId: away.reasonId, active: false });
  const oven = await act(addStopReason, { name: "Door", machineKind: "oven" });
  for (let n = offered; n < mostReasons; n++)
    await act(addStopReason, { name: `Own ${n}`, machineKind: "lathe" });
  const full = { code: "too_many_reasons", params: { machine: "Lathe 9", count: 26, limit: 25 } };
  await expect(act(addStopReason, { name: "More", machineKind: "lathe" })).rejects.toMatchObject(full);
  await expect(act(addStopReason, { name: "More" })).rejects.toMatchObject(full);
  await expect(act(changeStopReason, { reasonId: away.reasonId, active: true })).rejects.toMatchObject(full);
  await expect(
    act(changeStopReason, { reasonId: oven.reasonId, machineKind: "lathe" }),
  ).rejects.toMatchObject(full);
  await act(addStopReason, { name: "Rack", machineKind: "oven" });
});

test("use: the newest word about an instant counts, the rest of a stop is its fault's, and what nobody said is told", async () => {
  const machine = await testMachine(handle.db, "used");
  const at = (minutes: number) => instant(clock.now() + minutes * 60_000);
  const [one, two, fault] = await handle.db
    .insert(stopReason)
    .values(["u1", "u2", "uf"].map((code) => ({ code, name: code, active: false })))
    .returning();
  const ids = { one: one?.id ?? 0, two: two?.id ?? 0, fault: fault?.id ?? 0 };
  await handle.db.execute(sql`
    insert into fault_reason select kind, 'E77', ${ids.fault} from work_unit where id = ${machine.id}`);
  await handle.db.execute(sql`insert into stop (machine_id, during, word, fault) values
    (${machine.id}, tstzrange(${at(0)}, ${at(60)}), 'fault', 'E77'),
    (${machine.id}, tstzrange(${at(100)}, ${at(110)}), 'fault', null),
    (${machine.id}, tstzrange(${at(200)}, null), 'fault', null)`);
  await handle.db.execute(sql`insert into stop_explanation (machine_id, during, reason_id, by_name, at) values
    (${machine.id}, tstzrange(${at(10)}, ${at(40)}), ${ids.one}, 'Ada', now()),
    (${machine.id}, tstzrange(${at(20)}, ${at(30)}), ${ids.two}, 'Ada', now())`);
  // The open stop counts as far as the period goes, and what lies before the period does not.
  const use = await reasonUse(handle.db, clock.now() + 5 * 60_000, clock.now() + 215 * 60_000);
  const minutes = use.map(({ reasonId, stops, ms }) => [reasonId, stops, ms / 60_000]);
  expect(minutes).toEqual([
    [ids.fault, 1, 25],
    [null, 2, 25],
    [ids.one, 1, 20],
    [ids.two, 1, 10],
  ]);
});
