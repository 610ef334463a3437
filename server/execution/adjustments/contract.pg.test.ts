import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { testDb } from "#db/testing.ts";
import { adjustmentApproval } from "#db/schema/execution/adjustments.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { station } from "#db/schema/execution/stations.ts";
import { publish } from "#server/core/facts.ts";
import { signalChanged } from "../machine-state/machine-state.facts.ts";
import type { AdjustmentView } from "./adjustments.contract.ts";
import { findAdjustment } from "./adjustments.queries.ts";
import { setAutomation } from "./automation.commands.ts";
import { approveAdjustment, holdAdjustment, rejectAdjustment, releaseAdjustment } from "./decide.commands.ts";
import { type Loop, makeLoop } from "./loop-testing.ts";
import { proposeAdjustment } from "./propose.commands.ts";

// Minutes of a plant in seconds, yet some hundreds of batches: a busy computer needs its time.
vi.setConfig({ testTimeout: 180_000 });

let handle: Awaited<ReturnType<typeof testDb>>;
beforeEach(async () => {
  handle = await testDb();
});
afterEach(() => handle.close());

/** A running press and a setter's proposal of 222 °C. */
async function proposal(
  code = "press-1",
): Promise<{ loop: Loop; id: string; now: () => Promise<AdjustmentView> }> {
  const loop = await makeLoop(handle.db, code);
  await loop.run(3);
  const { machineId, tags, people } = loop;
  const input = { machineId, tagId: tags["MeltSetpoint"] ?? 0, value: 222, reason: "parts stick" };
  const { adjustmentId: id } = await loop.do(proposeAdjustment, people.chen, input);
  const now = async () => {
    const view = await findAdjustment(handle.db, id);
    if (view === null) throw new Error("it is gone");
    return view;
  };
  return { loop, id, now };
}

async function approved(code?: string) {
  const all = await proposal(code);
  await all.loop.do(approveAdjustment, all.loop.people.dana, { adjustmentId: all.id });
  await all.loop.run(1);
  return all;
}

const said = async (now: () => Promise<AdjustmentView>) => {
  const { state, why } = await now();
  return why === null ? state : `${state}: ${why.code}`;
};

test("two supervisors approve at once: one wins, the other hears who did", async () => {
  const { loop, id, now } = await proposal();
  const { dana, eva } = loop.people;
  const both = await Promise.allSettled(
    [dana, eva].map((who) => loop.do(approveAdjustment, who, { adjustmentId: id })),
  );
  expect(both.map((r) => r.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const loser = both.find((r) => r.status === "rejected");
  const { approvedBy } = await now();
  expect(approvedBy).toHaveLength(1);
  expect(loser?.reason).toMatchObject({ code: "already_decided", params: { name: approvedBy[0]?.name } });
});

test("a double tap is one approval", async () => {
  const { loop, id, now } = await proposal();
  const commandId = randomUUID();
  const tap = () => loop.do(approveAdjustment, loop.people.dana, { adjustmentId: id }, commandId);
  const answers = await Promise.all([tap(), tap()]);
  expect(answers[0]).toEqual(answers[1]);
  expect(
    await handle.db.select().from(adjustmentApproval).where(eq(adjustmentApproval.adjustmentId, id)),
  ).toHaveLength(1);
  expect((await now()).timeline.filter((e) => e.event === "approved")).toHaveLength(1);
});

test("nobody below a supervisor decides, the author least of all, and what changed meanwhile is not decided", async () => {
  const { loop, id } = await proposal();
  const { ada, chen, dana } = loop.people;
  await expect(loop.do(approveAdjustment, ada, { adjustmentId: id })).rejects.toMatchObject({
    code: "not_allowed",
  });
  const both = { ...chen, roles: ["setter" as const, "supervisor" as const] };
  await expect(loop.do(approveAdjustment, both, { adjustmentId: id })).rejects.toMatchObject({
    code: "own_proposal",
  });
  await expect(loop.do(approveAdjustment, dana, { adjustmentId: id, version: 1 })).rejects.toMatchObject({
    code: "conflict",
  });
  await expect(loop.do(rejectAdjustment, dana, { adjustmentId: id, reason: "" })).rejects.toMatchObject({
    code: "invalid",
    field: "reason",
  });
});

test("an expired proposal is approved by nobody; an approval that ran out is never sent", async () => {
  const first = await proposal();
  first.loop.clock.advance(24 * 3_600_000);
  const late = first.loop.do(approveAdjustment, first.loop.people.dana, { adjustmentId: first.id });
  await expect(late).rejects.toMatchObject({ code: "expired" });
  await first.loop.work();
  expect(await said(first.now)).toBe("expired");

  const { loop, now } = await approved("press-2");
  expect(await said(now)).toBe("announced");
  loop.clock.advance(24 * 3_600_000);
  await loop.work();
  expect(await said(now)).toBe("expired");
  expect(loop.edge.received).toEqual([]);
});

test("a second change on the same set-point has to wait", async () => {
  const { loop } = await proposal();
  const input = {
    machineId: loop.machineId,
    tagId: loop.tags["MeltSetpoint"] ?? 0,
    value: 225,
    reason: "again",
  };
  await expect(loop.do(proposeAdjustment, loop.people.chen, input)).rejects.toMatchObject({
    code: "other_change_outstanding",
  });
});

test("a proposal outside limits or step is refused when it is made", async () => {
  const loop = await makeLoop(handle.db, "limits");
  await loop.run(3);
  const base = { machineId: loop.machineId, tagId: loop.tags["MeltSetpoint"] ?? 0, reason: "a try" };
  const { chen } = loop.people;
  await expect(loop.do(proposeAdjustment, chen, { ...base, value: 261 })).rejects.toMatchObject({
    code: "out_of_limits",
  });
  await expect(loop.do(proposeAdjustment, chen, { ...base, value: 214 })).rejects.toMatchObject({
    code: "step_too_large",
  });
  await expect(loop.do(proposeAdjustment, chen, { ...base, value: Number.NaN })).rejects.toMatchObject({
    code: "invalid",
  });
});

test("Hold holds, from the station and without a login, until a supervisor releases it", async () => {
  const { loop, id, now } = await approved();
  const elsewhere = { ...loop.station, machineIds: [loop.machineId + 1000] };
  const hold = { adjustmentId: id, machineId: loop.machineId };
  await expect(loop.do(holdAdjustment, elsewhere, hold)).rejects.toMatchObject({ code: "badge_needed" });
  await loop.do(holdAdjustment, loop.station, hold);
  await loop.do(holdAdjustment, loop.station, hold);
  await loop.run(20);
  expect(await said(now)).toBe("held: held");
  expect(loop.edge.received).toEqual([]);
  await loop.do(releaseAdjustment, loop.people.dana, { adjustmentId: id, reason: "talked to Ada" });
  await loop.run(8);
  // Announced anew with the whole countdown.
  expect(await said(now)).toBe("announced");
  await loop.run(4);
  expect(loop.edge.received).toHaveLength(1);
  await expect(loop.do(holdAdjustment, loop.station, hold)).rejects.toMatchObject({
    code: "already_decided",
  });
});

test("an open guard blocks in the same moment, and a closed one does not send by itself", async () => {
  const { loop, id, now } = await approved();
  loop.press.guardOpen = true;
  const open = { machineId: loop.machineId, signal: "guard" as const, on: true, at: loop.clock.now() };
  await handle.db.transaction((tx) =>
    publish(tx, signalChanged, `machine:${loop.machineId}`, open, loop.clock.now()),
  );
  await loop.work();
  expect(await said(now)).toBe("blocked: guard_open");
  await loop.do(releaseAdjustment, loop.people.dana, { adjustmentId: id, reason: "go on" });
  await loop.run(2);
  expect(await said(now)).toBe("blocked: guard_open");
  loop.press.guardOpen = false;
  await handle.db.transaction((tx) =>
    publish(tx, signalChanged, `machine:${loop.machineId}`, { ...open, on: false }, loop.clock.now()),
  );
  await loop.run(20);
  expect(loop.edge.received).toEqual([]);
  expect((await now()).state).toBe("blocked");
});

test("the guard opens in the last second of the countdown: the gate sees it without being told", async () => {
  const { loop, now } = await approved();
  await loop.run(6);
  loop.press.guardOpen = true;
  await loop.run(4);
  expect(await said(now)).toBe("blocked: guard_open");
  expect(loop.edge.received).toEqual([]);
});

test.each([
  [
    "nobody is at a station",
    "no_station_online",
    async (loop: Loop) => {
      await handle.db
        .update(station)
        .set({ revokedAt: new Date(loop.clock.now()) })
        .where(eq(station.id, loop.station.stationId ?? ""));
    },
  ],
  [
    "the key is turned to local",
    "not_remote",
    async (loop: Loop) => {
      loop.press.remote = false;
    },
  ],
  [
    "the machine is being set up",
    "permissive_missing",
    async (loop: Loop) => {
      loop.press.state = "setup";
    },
  ],
  [
    "maintenance has locked it",
    "maintenance_lock",
    async (loop: Loop) => {
      const maintenanceLock = { personId: loop.people.ada.personId ?? "", name: "Femi", at: 1 };
      await handle.db.update(workUnit).set({ maintenanceLock }).where(eq(workUnit.id, loop.machineId));
    },
  ],
  [
    "the edge is away",
    "edge_away",
    async (loop: Loop) => {
      loop.edge.up = false;
    },
  ],
  [
    "the set-point stands elsewhere by now",
    "automation_suspended",
    async (loop: Loop) => {
      loop.press.meltSetpoint = 233;
    },
  ],
] as const)("when %s, it is not even announced: %s", async (_name, code, make) => {
  const { loop, id, now } = await proposal();
  await make(loop);
  await loop.run(1);
  await loop.do(approveAdjustment, loop.people.dana, { adjustmentId: id });
  await loop.run(12);
  expect(await said(now)).toBe(`blocked: ${code}`);
  expect(loop.edge.received).toEqual([]);
});

test("automation is off in one touch: what was announced is blocked, and the edge is told", async () => {
  const { loop, now } = await approved();
  await loop.do(setAutomation, loop.station, { machineId: loop.machineId, on: false });
  expect(await said(now)).toBe("blocked: automation_off");
  await loop.work();
  expect(loop.edge.documents).toHaveLength(1);
  await expect(
    loop.do(setAutomation, loop.station, { machineId: loop.machineId, on: true }),
  ).rejects.toMatchObject({ code: "badge_needed" });
  await loop.do(setAutomation, loop.people.dana, { machineId: loop.machineId, on: true });
  await loop.run(20);
  expect(loop.edge.received).toEqual([]);
});
