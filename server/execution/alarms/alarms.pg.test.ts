import { randomUUID } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { testDb } from "#db/testing.ts";
import { audit, fact } from "#db/schema/core/core.ts";
import { alarm } from "#db/schema/execution/alarms.ts";
import { type Actor, serviceActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { publish } from "#server/core/facts.ts";
import { silentLogger } from "#server/core/log.ts";
import { createRunner } from "#server/core/runner.ts";
import { edgeEventFact } from "../ingest/ingest.facts.ts";
import { signalChanged, stateChanged } from "../machine-state/machine-state.facts.ts";
import { plantChanged } from "../plant/plant.facts.ts";
import { type TestMachine, testMachine } from "../testing.ts";
import { clearAlarm, raiseAlarm, shelveAlarm, takeAlarm } from "./alarms.commands.ts";
import type { AlarmCard, RaiseAlarm } from "./alarms.contract.ts";
import { findAlarm, listAlarms } from "./alarms.queries.ts";
import { alarmReactions, raiseParkedAlarm } from "./alarms.reactions.ts";
import { whyNotShelve } from "./alarms.rules.ts";
import { alarmSchedules } from "./alarms.schedules.ts";
import { attention } from "./attention.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let db: Db;
beforeAll(async () => {
  handle = await testDb();
  db = handle.db;
});
afterAll(() => handle.close());

const clock = new ManualClock(Date.UTC(2026, 10, 22, 9));
const service = serviceActor("test");
const person = (name: string, role: "operator" | "supervisor"): Actor => ({
  kind: "person",
  personId: randomUUID(),
  name,
  roles: [role],
});
const ada = person("Ada", "operator");
const ben = person("Ben", "operator");
const dana = person("Dana", "supervisor");
const run = <I, O>(command: Command<I, O>, actor: Actor, input: I) =>
  command.execute({ db, clock }, actor, randomUUID(), input);

let made = 0;
async function condition(
  more: Partial<RaiseAlarm> = {},
): Promise<{ machine: TestMachine; input: RaiseAlarm }> {
  const machine = await testMachine(db, `a-${(made += 1)}`);
  const input: RaiseAlarm = {
    key: `test:${machine.id}`,
    kind: "slowdown",
    priority: 3,
    machineId: machine.id,
    tagId: null,
    since: clock.now() - 5000,
    params: { machine: "Press", percent: 12, seconds: 1.3, normalSeconds: 1.2 },
    deviationId: null,
    causeRuleId: null,
    instructionCode: null,
    blocksChanges: false,
    ...more,
  };
  return { machine, input };
}

const stateOf = async (id: string) => (await findAlarm(db, id))?.card.state;
async function tick(): Promise<void> {
  for (const schedule of alarmSchedules)
    await db.transaction((tx) => schedule.run({ tx, now: clock.now(), log: silentLogger }));
}

test("one abnormal condition is one alarm, however often it is said", async () => {
  const { input } = await condition();
  const ids = await Promise.all([1, 2, 3].map(() => run(raiseAlarm, service, input)));
  expect(new Set(ids.map((x) => x.alarmId)).size).toBe(1);
  const rows = await db.select().from(alarm).where(eq(alarm.key, input.key));
  expect(rows).toHaveLength(1);
  const facts = await db
    .select()
    .from(fact)
    .where(eq(fact.scope, `machine:${input.machineId}`));
  expect(facts.map((f) => f.topic)).toEqual(["alarm.raised"]);
  const data = facts[0]?.data as { card: AlarmCard } | undefined;
  expect(data?.card).toMatchObject({
    state: "unack",
    since: input.since,
    raisedAt: clock.now(),
    title: { key: "alarm.slowdown.title", params: { percent: 12 } },
    todo: { key: "alarm.slowdown.todo" },
  });
});

test("one takes it by name; who comes second hears who was first; each step is in the journal and the audit", async () => {
  const { input } = await condition();
  const { alarmId } = await run(raiseAlarm, service, input);
  await run(takeAlarm, ada, { alarmId });
  await expect(run(takeAlarm, ben, { alarmId })).rejects.toMatchObject({
    code: "already_decided",
    params: { name: "Ada" },
  });
  await run(takeAlarm, ada, { alarmId });
  await run(clearAlarm, service, { key: input.key, at: clock.now() });
  const view = await findAlarm(db, alarmId);
  expect(view?.card).toMatchObject({ state: "normal", active: false, taken: { name: "Ada" } });
  expect(view?.journal.map((e) => `${e.kind} by ${e.by}`)).toEqual([
    "raised by test",
    "taken by Ada",
    "returned by test",
  ]);
  const rows = await db.select().from(audit).where(eq(audit.objectId, alarmId)).orderBy(asc(audit.seq));
  expect(rows.map((r) => r.action)).toEqual(["alarm.raised", "alarm.taken", "alarm.returned"]);
  // The next time it is a new record.
  const again = await run(raiseAlarm, service, input);
  expect(again.alarmId).not.toBe(alarmId);
});

test("gone before anybody took it, it stays on the station until somebody does; back again, it asks anew", async () => {
  const { input } = await condition();
  const { alarmId } = await run(raiseAlarm, service, input);
  await run(clearAlarm, service, { key: input.key, at: clock.now() });
  expect(await stateOf(alarmId)).toBe("rtn_unack");
  await run(raiseAlarm, service, { ...input, since: clock.now() + 1 });
  expect(await stateOf(alarmId)).toBe("unack");
  await run(clearAlarm, service, { key: input.key, at: clock.now() });
  await run(takeAlarm, ada, { alarmId });
  expect(await stateOf(alarmId)).toBe("normal");
});

test("put aside by a supervisor with a reason, it comes back by itself, by what is true then", async () => {
  const { input, machine } = await condition();
  const { alarmId } = await run(raiseAlarm, service, input);
  await expect(run(shelveAlarm, ada, { alarmId, minutes: 10, reason: "too loud" })).rejects.toMatchObject({
    code: "not_allowed",
  });
  await expect(run(shelveAlarm, dana, { alarmId, minutes: 10, reason: " " })).rejects.toMatchObject({
    code: "invalid",
    field: "reason",
  });
  await run(shelveAlarm, dana, { alarmId, minutes: 10, reason: "known, part is ordered" });
  const keys = async () => (await attention(db, clock.now(), dana)).items.map((i) => i.key);
  expect(await keys()).not.toContain(`alarm:${alarmId}`);
  expect((await listAlarms(db, { show: "open", machine: `a-${made}`, limit: 10 }))[0]?.shelved).toMatchObject(
    {
      name: "Dana",
      reason: "known, part is ordered",
    },
  );
  clock.advance(9 * 60_000);
  await tick();
  expect(await stateOf(alarmId)).toBe("shelved");
  clock.advance(60_000);
  await tick();
  expect(await stateOf(alarmId)).toBe("unack");
  expect(await keys()).toContain(`alarm:${alarmId}`);

  await run(shelveAlarm, dana, { alarmId, minutes: 10, reason: "once more" });
  await run(clearAlarm, service, { key: input.key, at: clock.now() });
  clock.advance(11 * 60_000);
  await tick();
  expect(await stateOf(alarmId)).toBe("normal");
  expect(machine.id).toBe(input.machineId);
});

test("what guards people is never put aside", async () => {
  const { input } = await condition({ kind: "guard_open", blocksChanges: true, priority: 2 });
  const { alarmId } = await run(raiseAlarm, service, input);
  await expect(run(shelveAlarm, dana, { alarmId, minutes: 1, reason: "in the way" })).rejects.toMatchObject({
    code: "never_shelved",
  });
  // The screen greys its button by the same rule, from the card it draws.
  const [card] = (await listAlarms(db, { show: "open", limit: 100 })).filter((one) => one.id === alarmId);
  expect(card === undefined ? null : whyNotShelve(card)?.code).toBe("never_shelved");
});

const runner = () => createRunner({ db, clock, log: silentLogger, reactions: alarmReactions, schedules: [] });
const tell = <T>(kind: Parameters<typeof publish<T>>[1], scope: string, data: T) =>
  db.transaction((tx) => publish(tx, kind, scope, data, clock.now()));
const openOf = async (machine: TestMachine) =>
  (await db.select().from(alarm).where(eq(alarm.machineId, machine.id))).filter((a) => a.state !== "normal");

test("an open guard and a silent machine are said at once and go when they are over", async () => {
  const { machine } = await condition();
  const scope = `machine:${machine.id}`;
  await tell(signalChanged, scope, { machineId: machine.id, signal: "guard", on: true, at: clock.now() });
  await tell(stateChanged, scope, {
    machineId: machine.id,
    word: "no_data",
    fault: null,
    since: clock.now(),
  });
  await runner().drain();
  expect((await openOf(machine)).map((a) => [a.kind, a.active]).toSorted()).toEqual([
    ["guard_open", true],
    ["no_data", true],
  ]);
  await tell(signalChanged, scope, { machineId: machine.id, signal: "guard", on: false, at: clock.now() });
  await tell(stateChanged, scope, {
    machineId: machine.id,
    word: "running",
    fault: null,
    since: clock.now(),
  });
  await runner().drain();
  // The guard was open and nobody saw to it; the machine that is heard again needs nobody.
  expect((await openOf(machine)).map((a) => [a.kind, a.state])).toEqual([["guard_open", "rtn_unack"]]);
});

test("13.2: what the edge did by itself is reported with its source time; a backlog raises nothing", async () => {
  const { machine } = await condition();
  const at = clock.now() - 3000;
  const data = {
    reflex: "7e0c9d0e-0000-4000-8000-000000000001",
    tagId: machine.tags.good,
    value: 281.27,
    action: "request_stop",
    change: "raised",
    result: "accepted",
  };
  const event = {
    edgeId: 1,
    eventId: 1,
    kind: "reflex" as const,
    at,
    sourceId: null,
    machineId: machine.id,
    data,
  };
  await tell(edgeEventFact, `machine:${machine.id}`, { ...event, historical: true });
  await runner().drain();
  expect(await openOf(machine)).toEqual([]);
  await tell(edgeEventFact, `machine:${machine.id}`, { ...event, historical: false });
  await tell(edgeEventFact, `machine:${machine.id}`, { ...event, historical: false });
  await runner().drain();
  const open = await openOf(machine);
  expect(open).toMatchObject([
    { kind: "reflex", priority: 1, blocksChanges: true, instructionCode: "restart-after-stop" },
  ]);
  expect(open[0]?.since.getTime()).toBe(at);
  expect(open[0]?.params).toMatchObject({ value: 281.3, action: "request_stop" });
  const over = { ...event, historical: false, data: { ...data, change: "cleared" } };
  await tell(edgeEventFact, `machine:${machine.id}`, over);
  await runner().drain();
  expect((await openOf(machine)).map((a) => a.state)).toEqual(["rtn_unack"]);
});

test("what stood on a machine that is put away ends with that, and its silence is no alarm", async () => {
  const machine = await testMachine(db, `a-${(made += 1)}`);
  const scope = `machine:${machine.id}`;
  const silent = { machineId: machine.id, word: "no_data" as const, fault: null, since: clock.now() };
  await tell(stateChanged, scope, silent);
  await runner().drain();
  expect((await openOf(machine)).map((a) => [a.kind, a.state])).toEqual([["no_data", "unack"]]);
  await db.execute(sql`update work_unit set retired_at = now() where id = ${machine.id}`);
  await tell(plantChanged, "plant", { machineId: machine.id });
  await runner().drain();
  expect(await openOf(machine)).toEqual([]);
  await tell(stateChanged, scope, { ...silent, since: clock.now() + 1 });
  await runner().drain();
  expect(await openOf(machine)).toEqual([]);
});

test("something that could not be worked off asks for a person, once", async () => {
  for (const id of [1, 2])
    await db.transaction((tx) =>
      raiseParkedAlarm({ tx, now: clock.now(), log: silentLogger }, "oee.restate", id, "Error: no"),
    );
  const rows = await db.select().from(alarm).where(eq(alarm.kind, "parked"));
  expect(rows).toMatchObject([{ state: "unack", machineId: null, params: { reaction: "oee.restate" } }]);
});

test("a stop waits for a reason only while neither a person nor its fault code says why", async () => {
  const machine = await testMachine(db, `a-${(made += 1)}`);
  const keys = async () =>
    (await attention(db, clock.now(), dana)).items
      .filter((i) => i.machine?.id === machine.id)
      .map((i) => i.kind);
  await db.execute(sql`insert into stop (machine_id, during, word, fault)
    values (${machine.id}, tstzrange(${new Date(clock.now() - 60_000).toISOString()}::timestamptz, null), 'fault', 'E9')`);
  expect(await keys()).toEqual(["stop_without_reason"]);
  await db.execute(sql`with r as (insert into stop_reason (code, name) values ('e9', 'Fault nine') returning id)
    insert into fault_reason (machine_kind, fault, reason_id) select w.kind, 'E9', r.id from work_unit w, r where w.id = ${machine.id}`);
  expect(await keys()).toEqual([]);
});
