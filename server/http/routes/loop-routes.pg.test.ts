import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { adjustment, tagSuspension } from "#db/schema/execution/adjustments.ts";
import { detectionRule } from "#db/schema/execution/detection.ts";
import { raiseAlarm } from "#server/execution/alarms/alarms.commands.ts";
import { makeLoop, type Loop } from "#server/execution/adjustments/loop-testing.ts";
import { proposeAdjustment } from "#server/execution/adjustments/propose.commands.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { adjustmentsRoutes } from "./adjustments.ts";
import { alarmsRoutes } from "./alarms.ts";
import { attentionRoutes } from "./attention.ts";
import { guidanceRoutes } from "./guidance.ts";
import { machinesRoutes } from "./machines.ts";

// Minutes of a plant in seconds, yet some hundreds of batches: a busy computer needs its time.
vi.setConfig({ testTimeout: 180_000 });

/** The loop's routes over HTTP: what the path gives, what the body gives, and who may. */
let house: TestHouse;
let loop: Loop;
let supervisor: TestBrowser;
let station: TestBrowser;

beforeAll(async () => {
  house = await testHouse([attentionRoutes, alarmsRoutes, guidanceRoutes, adjustmentsRoutes, machinesRoutes]);
  loop = await makeLoop(house.db, "press-9", house.clock.now());
  supervisor = await house.signedIn("supervisor");
  station = await house.station([loop.machineId]);
  await loop.run(3);
}, 120_000);
afterAll(() => house.close());

test("a proposal is listed, approved as it was looked at, held from the station, and dropped with a reason", async () => {
  const input = {
    machineId: loop.machineId,
    tagId: loop.tags["MeltSetpoint"] ?? 0,
    value: 224,
    reason: "sticks",
  };
  const { adjustmentId } = await loop.do(proposeAdjustment, loop.people.chen, input);
  const listed = await station.get("/adjustments?machine=press-9");
  expect(listed.body).toMatchObject([{ id: adjustmentId, state: "proposed", newValue: 224 }]);
  const { body: attention } = await supervisor.get("/attention");
  expect(attention.items).toMatchObject([
    { key: `adjustment:${adjustmentId}`, action: "decide", whyNot: null },
  ]);

  const { version } = listed.body[0];
  const stale = await supervisor.post(`/adjustments/${adjustmentId}/approve`, { version: version - 1 });
  expect([stale.status, stale.body.refusal.code]).toEqual([409, "conflict"]);
  const approved = await supervisor.post(`/adjustments/${adjustmentId}/approve`, { version });
  expect(approved.body).toMatchObject({ state: "approved", approvedBy: [{}] });
  const held = await station.post(`/adjustments/${adjustmentId}/hold`, {});
  expect(held.body).toMatchObject({ state: "held", why: { code: "held" } });
  const bare = await supervisor.post(`/adjustments/${adjustmentId}/reject`, {});
  expect(bare.body.refusal.code).toBe("invalid");
  const dropped = await supervisor.post(`/adjustments/${adjustmentId}/reject`, { reason: "no more needed" });
  expect(dropped.body).toMatchObject({ state: "rejected" });
  expect(dropped.body.timeline.map((e: { event: string }) => e.event)).toEqual([
    "drafted",
    "proposed",
    "approved",
    "held",
    "rejected",
  ]);
});

test("deciding is offered to whoever would be heard, and everybody else reads why not", async () => {
  const [code, tagId] = ["7777", loop.tags["SpeedSetpoint"] ?? 0];
  await house.person(code, ["supervisor"]);
  const author = house.browser();
  await author.post("/session/password", { person: code, password: `password-${code}` });
  const quality = await house.signedIn("quality");
  const input = { machineId: loop.machineId, tagId, value: 97, reason: "calmer" };
  const { body: made } = await author.post("/adjustments", input);
  const offer = async (browser: TestBrowser) => {
    const { items } = (await browser.get("/attention")).body;
    const item = items.find((one: { key: string }) => one.key === `adjustment:${made.id}`);
    const { offered } = (await browser.get(`/adjustments/${made.id}`)).body;
    const approve = offered.find((one: { deed: string }) => one.deed === "approve");
    return [item.whyNot?.code ?? null, approve.whyNot?.code ?? null];
  };
  const refused = async (browser: TestBrowser) =>
    (await browser.post(`/adjustments/${made.id}/approve`)).body.refusal.code;
  expect(await offer(quality)).toEqual(["not_allowed", "not_allowed"]);
  expect(await refused(quality)).toBe("not_allowed");
  expect(await offer(author)).toEqual(["own_proposal", "own_proposal"]);
  expect(await refused(author)).toBe("own_proposal");
  expect(await offer(supervisor)).toEqual([null, null]);
  const dropped = await supervisor.post(`/adjustments/${made.id}/reject`, { reason: "no more needed" });
  expect(dropped.body).toMatchObject({ state: "rejected", offered: [] });
});

test("two approve at once, and one of them taps twice: one approval, and the other reads who was first", async () => {
  const input = {
    machineId: loop.machineId,
    tagId: loop.tags["SpeedSetpoint"] ?? 0,
    value: 96,
    reason: "calmer still",
  };
  const { adjustmentId } = await loop.do(proposeAdjustment, loop.people.chen, input);
  const second = await house.signedIn("supervisor");
  const tap = (browser: TestBrowser, commandId: string) =>
    browser.call("POST", `/adjustments/${adjustmentId}/approve`, { commandId });
  const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const answers = await Promise.all([tap(supervisor, one), tap(second, other), tap(supervisor, one)]);
  const { body } = await supervisor.get(`/adjustments/${adjustmentId}`);
  expect(body.approvedBy).toHaveLength(1);
  const refused = answers.filter((answer) => answer.status !== 200);
  for (const answer of refused)
    expect([answer.status, answer.body.refusal]).toEqual([
      409,
      { code: "already_decided", params: { name: body.approvedBy[0].name, state: "approved" } },
    ]);
  // Who was first heard yes to every tap; the other heard no.
  const heard = answers.map((answer) => answer.status);
  expect([
    [200, 409, 200],
    [409, 200, 409],
  ]).toContainEqual(heard);
  // A tap after the fact is still the first one's.
  const again = await tap(heard[0] === 200 ? supervisor : second, heard[0] === 200 ? one : other);
  expect([again.status, again.body.approvedBy]).toEqual([200, body.approvedBy]);
  await supervisor.post(`/adjustments/${adjustmentId}/reject`, { reason: "no more needed" });
});

test("automation goes off with one touch at the station and on again by a supervisor", async () => {
  const off = await station.post("/machines/press-9/automation", { on: false });
  expect(off.body).toEqual({ machineId: loop.machineId, on: false });
  const refused = await station.post("/machines/press-9/automation", { on: true });
  expect(refused.body.refusal.code).toBe("badge_needed");
  const on = await supervisor.post("/machines/press-9/automation", { on: true });
  expect(on.body).toEqual({ machineId: loop.machineId, on: true });
  expect((await supervisor.post("/machines/nowhere/automation", { on: true })).status).toBe(404);
});

test("a set-point moved by hand stands on the machine's page until a supervisor lets automation back", async () => {
  const [tagId, at] = [loop.tags["SpeedSetpoint"] ?? 0, new Date(loop.clock.now())];
  const { machineId } = loop;
  await house.db
    .insert(tagSuspension)
    .values({ tagId, machineId, since: at, reason: "operator_moved", value: 95 });
  const suspended = async () => (await supervisor.get("/machines/press-9")).body.suspended;
  expect(await suspended()).toEqual([{ tagId, name: "SpeedSetpoint", since: at.getTime() }]);
  const quality = await house.signedIn("quality");
  const item = async (browser: TestBrowser) =>
    (await browser.get("/attention")).body.items.find((one: { kind: string }) => one.kind === "suspension");
  expect(await item(supervisor)).toMatchObject({ action: "resume", whyNot: null });
  expect(await item(quality)).toMatchObject({ action: "resume", whyNot: { code: "not_allowed" } });
  const asked = { on: true, tagId };
  const refused = await station.post("/machines/press-9/automation", asked);
  expect(refused.body.refusal.code).toBe("badge_needed");
  await supervisor.post("/machines/press-9/automation", asked);
  expect(await suspended()).toEqual([]);
  expect(await item(supervisor)).toBeUndefined();
});

test("an alarm is seen by anybody at the station, taken by name, and its instruction followed step by step", async () => {
  const { alarmId } = await loop.do(raiseAlarm, serviceActor("test"), {
    key: "routes",
    kind: "temperature_drift",
    priority: 2,
    machineId: loop.machineId,
    tagId: loop.tags["MeltTemperature"] ?? 0,
    since: loop.clock.now(),
    params: {},
    deviationId: null,
    causeRuleId: null,
    instructionCode: "clear-cooling",
    blocksChanges: false,
  });
  expect((await station.get("/alarms?machine=press-9")).body).toMatchObject([
    { id: alarmId, state: "unack" },
  ]);
  expect((await station.post(`/alarms/${alarmId}/take`, {})).body.refusal.code).toBe("badge_needed");
  const taken = await supervisor.post(`/alarms/${alarmId}/take`, {});
  expect(taken.body.card).toMatchObject({ state: "ack" });
  const run = await supervisor.post(`/alarms/${alarmId}/instruction`, {});
  expect(run.body).toMatchObject({ code: "clear-cooling", state: "running", current: 1, version: 1 });
  expect(run.body.steps).toHaveLength(4);
  const { id } = run.body;
  // Asked from another station, it is the same run.
  expect((await supervisor.post(`/alarms/${alarmId}/instruction`, {})).body.id).toBe(id);
  expect((await supervisor.post(`/instruction-runs/${id}/steps/2`, {})).body.refusal.code).toBe(
    "step_not_done",
  );
  const passed = await supervisor.post(`/instruction-runs/${id}/steps/1`, {});
  expect(passed.body).toMatchObject({ current: 2 });
  expect((await station.get(`/instruction-runs/${id}`)).body.steps[0]).toMatchObject({ state: "done" });
});

test("rules show their record, and only a supervisor raises what they may", async () => {
  const { body: rules } = await supervisor.get("/rules");
  const drift = rules.find((r: { kind: string }) => r.kind === "temperature_drift");
  expect(drift).toMatchObject({ authority: 2, record: { helped: 0, didNotHelp: 0, cannotTell: 0 } });
  const raised = await supervisor.post(`/rules/${drift.id}/authority`, {
    authority: 1,
    reason: "to be watched",
  });
  expect(raised.body).toEqual({ ruleId: drift.id });
  const operator = await house.signedIn("manager");
  const refused = await operator.post(`/rules/${drift.id}/authority`, { authority: 3, reason: "go on then" });
  expect(refused.body.refusal.code).toBe("not_allowed");
});

test("a rule that may only show since it proposed is not decided upon, and the list says so", async () => {
  const [rule] = await house.db
    .select()
    .from(detectionRule)
    .where(and(eq(detectionRule.machineId, loop.machineId), eq(detectionRule.kind, "temperature_drift")));
  await supervisor.post(`/rules/${rule?.id}/authority`, { authority: 2, reason: "may recommend" });
  loop.press.extra = 9;
  const proposed = async () => {
    const [open] = await house.db
      .select({ id: adjustment.id })
      .from(adjustment)
      .where(and(eq(adjustment.ruleId, rule?.id ?? 0), eq(adjustment.state, "proposed")));
    return open?.id;
  };
  expect(await loop.run(180, async () => (await proposed()) !== undefined)).toBe(true);
  const id = await proposed();
  const whyNot = async () => {
    const { items } = (await supervisor.get("/attention")).body;
    return items.find((one: { key: string }) => one.key === `adjustment:${id}`).whyNot;
  };
  expect(await whyNot()).toBeNull();
  await supervisor.post(`/rules/${rule?.id}/authority`, { authority: 1, reason: "to be watched" });
  expect(await whyNot()).toMatchObject({ code: "authority_too_low" });
  const refused = await supervisor.post(`/adjustments/${id}/approve`);
  expect(refused.body.refusal.code).toBe("authority_too_low");
});
