import { asc, desc, eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { testDb } from "#db/testing.ts";
import { audit } from "#db/schema/core/core.ts";
import { adjustment, tagSuspension } from "#db/schema/execution/adjustments.ts";
import { jobRun } from "#db/schema/execution/orders.ts";
import { takeAlarm } from "../alarms/alarms.commands.ts";
import { listAlarms } from "../alarms/alarms.queries.ts";
import { attention } from "../alarms/attention.queries.ts";
import { listRules } from "../detection/detection.queries.ts";
import { completeStep, startInstruction } from "../guidance/guidance.commands.ts";
import { findRun } from "../guidance/guidance.queries.ts";
import { testJob } from "../testing.ts";
import type { AdjustmentState, AdjustmentView } from "./adjustments.contract.ts";
import { findAdjustment } from "./adjustments.queries.ts";
import { approveAdjustment } from "./decide.commands.ts";
import { type Loop, makeLoop } from "./loop-testing.ts";

// Minutes of a plant in seconds, yet some hundreds of batches: a busy computer needs its time.
vi.setConfig({ testTimeout: 180_000 });

let handle: Awaited<ReturnType<typeof testDb>>;
beforeEach(async () => {
  handle = await testDb();
});
afterEach(() => handle.close());

async function newest(loop: Loop): Promise<AdjustmentView | null> {
  const [row] = await loop.db
    .select({ id: adjustment.id })
    .from(adjustment)
    .where(eq(adjustment.machineId, loop.machineId))
    .orderBy(desc(adjustment.createdAt))
    .limit(1);
  return row === undefined ? null : findAdjustment(loop.db, row.id);
}

const reaches = (loop: Loop, state: AdjustmentState) => async () => (await newest(loop))?.state === state;

/** A steady press whose cooling clogs until a proposal lies on the supervisor's table. */
async function proposed(code: string): Promise<{ loop: Loop; proposal: AdjustmentView }> {
  const loop = await makeLoop(handle.db, code);
  await loop.run(40);
  expect(await newest(loop)).toBeNull();
  loop.press.extra = 14;
  loop.press.flow = 5;
  expect(await loop.run(60, reaches(loop, "proposed"))).toBe(true);
  const proposal = await newest(loop);
  if (proposal === null) throw new Error("no proposal");
  return { loop, proposal };
}

async function sendIt(loop: Loop, proposal: AdjustmentView): Promise<void> {
  const { id: adjustmentId, version } = proposal;
  await loop.do(approveAdjustment, loop.people.dana, { adjustmentId, version });
  expect(await loop.run(20, reaches(loop, "verifying"))).toBe(true);
}

test("cooling clogs: alarm, instruction, proposal, approval, announcement, write, and scrap falls: helped", async () => {
  const { loop, proposal } = await proposed("helped");
  const { db, people } = loop;

  const [card] = await listAlarms(db, { machine: loop.code, show: "open", limit: 10 });
  expect(card).toMatchObject({
    kind: "temperature_drift",
    state: "unack",
    cause: { code: "cooling_clogged", right: 7, of: 9 },
    instruction: { code: "clear-cooling", steps: 4 },
    adjustment: { id: proposal.id, state: "proposed", oldValue: 230 },
  });
  const alarmId = card?.id ?? "";
  // Seen within 20 seconds of its beginning.
  expect((card?.raisedAt ?? 0) - (loop.clock.now() - 60_000)).toBeGreaterThan(0);
  await loop.do(takeAlarm, people.ada, { alarmId });
  const { runId } = await loop.do(startInstruction, people.ada, { alarmId });
  await loop.do(completeStep, people.ada, { runId, step: 1 });
  await loop.do(completeStep, people.ada, { runId, step: 2 });
  await expect(loop.do(completeStep, people.ada, { runId, step: 3 })).rejects.toMatchObject({
    code: "step_not_done",
  });

  expect(proposal.newValue).toBeLessThan(222);
  expect(proposal.newValue).toBeGreaterThanOrEqual(215);
  expect(proposal.predicted.process).toMatchObject({ basis: "model" });
  expect((await attention(db, loop.clock.now(), loop.people.dana)).items.map((i) => i.key)).toContain(
    `adjustment:${proposal.id}`,
  );

  const { id: adjustmentId, version } = proposal;
  await loop.do(approveAdjustment, people.dana, { adjustmentId, version });
  await loop.run(1);
  const announced = await newest(loop);
  expect(announced).toMatchObject({ state: "announced", approvedBy: [{ name: "Dana" }] });
  expect((announced?.sendAt ?? 0) - loop.clock.now()).toBe(8000);
  expect(loop.edge.received).toHaveLength(0);
  await loop.run(7);
  expect(loop.edge.received).toHaveLength(0);
  expect(await loop.run(10, reaches(loop, "verifying"))).toBe(true);
  expect(loop.edge.received).toMatchObject([
    { value: proposal.newValue, unit: "°C", expected: 230, adjustmentId, approver: "Dana", counter: 1 },
  ]);

  const sentAt = loop.clock.now();
  expect(await loop.run(120, reaches(loop, "helped"))).toBe(true);
  expect(loop.clock.now() - sentAt).toBeLessThanOrEqual(90_000);
  const done = await newest(loop);
  expect(done?.verification?.kpi).toMatchObject({ name: "scrap_ratio", says: "better" });
  expect(done?.verification?.kpi?.before.value).toBeGreaterThan(0.1);
  expect(done?.verification?.kpi?.after.value).toBeLessThan(0.06);
  expect(done?.verification?.process?.says).toBe("right");

  // The machine proves the live-bound step, and with it the cause.
  loop.press.flow = 12;
  await loop.run(6);
  expect((await findRun(db, runId))?.current).toBe(4);
  await loop.do(completeStep, people.ada, { runId, step: 4 });
  expect(await findRun(db, runId)).toMatchObject({ state: "done", current: 5 });
  const [after] = await listAlarms(db, { machine: loop.code, show: "all", limit: 10 });
  expect(after?.cause).toMatchObject({ right: 8, of: 10 });
  const rule = (await listRules(db)).find(
    (r) => r.machine.id === loop.machineId && r.kind === "temperature_drift",
  );
  expect(rule?.record).toEqual({ helped: 1, didNotHelp: 0, cannotTell: 0 });

  const rows = await db
    .select()
    .from(audit)
    .where(eq(audit.machineId, loop.machineId))
    .orderBy(asc(audit.seq));
  const steps = rows.map((r) => `${r.action} by ${(r.actor as { name: string }).name}`);
  for (const step of [
    "alarm.raised by detection",
    "alarm.taken by Ada",
    "adjustment.proposed by proposals",
    "adjustment.approved by Dana",
    "adjustment.announced by dispatcher",
    "adjustment.sent by dispatcher",
    "adjustment.accepted by dispatcher",
    "adjustment.echoed by dispatcher",
    "adjustment.helped by dispatcher",
  ])
    expect(steps).toContain(step);
});

test("the sensor drifts, the change makes scrap worse: did not help, and the value before goes back", async () => {
  const loop = await makeLoop(handle.db, "harmed");
  await loop.run(40);
  loop.press.drift = 12;
  expect(await loop.run(60, reaches(loop, "proposed"))).toBe(true);
  const proposal = await newest(loop);
  if (proposal === null) throw new Error("no proposal");
  await sendIt(loop, proposal);
  const judged = async () => (await findAdjustment(loop.db, proposal.id))?.state === "did_not_help";
  expect(await loop.run(120, judged)).toBe(true);
  const back = await newest(loop);
  expect(back).toMatchObject({
    returns: proposal.id,
    newValue: 230,
    oldValue: proposal.newValue,
    author: { kind: "return" },
    approvalsNeeded: 0,
  });
  expect(await findAdjustment(loop.db, proposal.id)).toMatchObject({
    returnedBy: back?.id,
    asksPerson: false,
  });
  // It is announced like any other, and then it goes back.
  expect(await loop.run(20, reaches(loop, "verifying"))).toBe(true);
  expect(loop.press.meltSetpoint).toBe(230);
  expect(loop.edge.received.map((a) => a.value)).toEqual([proposal.newValue, 230]);
  // The rule does not try the same again for this deviation, and the return does not count for it.
  await loop.run(60);
  expect(loop.edge.received).toHaveLength(2);
  const rule = (await listRules(loop.db)).find(
    (r) => r.machine.id === loop.machineId && r.kind === "temperature_drift",
  );
  expect(rule?.record).toEqual({ helped: 0, didNotHelp: 1, cannotTell: 0 });
});

test("a changeover in the middle: nobody can tell, nothing moves by itself, a person is asked", async () => {
  const { loop, proposal } = await proposed("changed");
  await sendIt(loop, proposal);
  await loop.run(5);
  const machine = { id: loop.machineId, lineId: 0, tags: {} as never };
  const { jobId } = await testJob(loop.db, machine, "changeover-1");
  await loop.db
    .insert(jobRun)
    .values({ machineId: loop.machineId, jobId, during: { start: loop.clock.now() - 500, end: null } });
  expect(await loop.run(5, reaches(loop, "cannot_tell"))).toBe(true);
  expect(await newest(loop)).toMatchObject({
    verdictReason: "context_changed",
    asksPerson: true,
    returnedBy: null,
  });
  await loop.run(30);
  expect(loop.edge.received).toHaveLength(1);
  const { items } = await attention(loop.db, loop.clock.now(), loop.people.dana);
  expect(items.find((i) => i.key === `adjustment:${proposal.id}`)).toMatchObject({ action: "resolve" });
});

test("the operator moves the set-point: their hand wins, nothing goes back, automation keeps off it", async () => {
  const { loop, proposal } = await proposed("moved");
  await sendIt(loop, proposal);
  await loop.run(3);
  loop.press.meltSetpoint = 226;
  expect(await loop.run(5, reaches(loop, "cannot_tell"))).toBe(true);
  expect(await newest(loop)).toMatchObject({ verdictReason: "operator_moved", asksPerson: true });
  await loop.run(40);
  expect(loop.press.meltSetpoint).toBe(226);
  expect(loop.edge.received).toHaveLength(1);
  const suspended = await loop.db
    .select()
    .from(tagSuspension)
    .where(eq(tagSuspension.machineId, loop.machineId));
  expect(suspended).toMatchObject([{ tagId: loop.tags["MeltSetpoint"], value: 226 }]);
});
