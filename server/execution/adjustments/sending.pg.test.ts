import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { testDb } from "#db/testing.ts";
import { setting } from "#db/schema/core/core.ts";
import { tag } from "#db/schema/device/tags.ts";
import type { AdjustmentView } from "./adjustments.contract.ts";
import { findAdjustment } from "./adjustments.queries.ts";
import {
  approveAdjustment,
  confirmAtMachine,
  releaseAdjustment,
  resolveAdjustment,
} from "./decide.commands.ts";
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

test("the server dies between sent and the answer: unknown, never sent again; a person reads back and decides", async () => {
  const { loop, id, now } = await approved();
  loop.edge.manner = "lose";
  await loop.run(9);
  expect(await said(now)).toBe("sent");
  loop.restart();
  await loop.run(1);
  expect(await now()).toMatchObject({ state: "unknown", asksPerson: true });
  loop.edge.manner = "obey";
  await loop.run(30);
  expect(loop.edge.received).toHaveLength(1);
  await loop.do(resolveAdjustment, loop.people.dana, {
    adjustmentId: id,
    took: true,
    reason: "panel shows 222",
  });
  await loop.run(1);
  expect(await now()).toMatchObject({ state: "verifying", asksPerson: false });
});

test("the edge refuses: it is over, with the edge's reason, and a person sees it", async () => {
  const { loop, now } = await approved();
  loop.edge.manner = "refuse";
  await loop.run(10);
  expect(await said(now)).toBe("refused: guard_open");
  expect((await now()).asksPerson).toBe(true);
});

test("accepted, but the machine never shows the new value: unknown", async () => {
  const { loop, now } = await approved();
  await loop.run(7);
  const stuck = loop.press.meltSetpoint;
  // The machine takes the telegram and keeps its own value.
  Object.defineProperty(loop.press, "meltSetpoint", { get: () => stuck, set: () => {} });
  await loop.run(10);
  expect(await now()).toMatchObject({ state: "unknown", asksPerson: true, verdictReason: "no_echo" });
});

test("after a restore nothing goes on by itself, and the counter begins a new epoch", async () => {
  const { loop, id, now } = await approved();
  loop.edge.manner = "lose";
  await loop.run(9);
  expect(await said(now)).toBe("sent");
  const input = {
    machineId: loop.machineId,
    tagId: loop.tags["SpeedSetpoint"] ?? 0,
    value: 95,
    reason: "calmer",
  };
  const waiting = await loop.do(proposeAdjustment, loop.people.chen, input);
  await loop.do(approveAdjustment, loop.people.dana, waiting);
  const at = loop.clock.now();
  await handle.db.insert(setting).values({ key: "restored", value: { at }, at: new Date(at) });
  loop.restart();
  loop.edge.manner = "obey";
  await loop.run(20);
  expect(await said(now)).toBe("unknown");
  expect(await findAdjustment(handle.db, waiting.adjustmentId)).toMatchObject({
    state: "held",
    why: { code: "held" },
  });
  expect(loop.edge.received).toHaveLength(1);

  const { dana } = loop.people;
  await loop.do(resolveAdjustment, dana, { adjustmentId: id, took: false, reason: "panel shows 230" });
  await loop.do(releaseAdjustment, dana, { ...waiting, reason: "nothing was sent" });
  await loop.run(12);
  const [first, next] = loop.edge.received;
  expect(next).toMatchObject({ value: 95, counter: 1 });
  expect(next?.counterEpoch).not.toBe(first?.counterEpoch);
});

test("risk class 2 needs a second person, and a target at the machine a badge there", async () => {
  const loop = await makeLoop(handle.db, "class-2");
  const tagId = loop.tags["MeltSetpoint"] ?? 0;
  const [row] = await handle.db.select().from(tag).where(eq(tag.id, tagId));
  if (row?.writable == null) throw new Error("not writable");
  await handle.db
    .update(tag)
    .set({ writable: { ...row.writable, riskClass: 2, atMachine: true } })
    .where(eq(tag.id, tagId));
  await loop.run(3);
  const input = { machineId: loop.machineId, tagId, value: 222, reason: "parts stick" };
  const { adjustmentId } = await loop.do(proposeAdjustment, loop.people.chen, input);
  const now = async () => findAdjustment(handle.db, adjustmentId);
  await loop.do(approveAdjustment, loop.people.dana, { adjustmentId });
  expect(await now()).toMatchObject({ state: "proposed", approvalsNeeded: 2 });
  await expect(loop.do(approveAdjustment, loop.people.dana, { adjustmentId })).rejects.toMatchObject({
    code: "second_person_needed",
  });
  await loop.do(approveAdjustment, loop.people.eva, { adjustmentId });
  await loop.run(12);
  expect(await now()).toMatchObject({ state: "announced", needsBadge: true });
  const here = { ...loop.people.ada, stationId: loop.station.stationId ?? "", machineIds: [loop.machineId] };
  await expect(
    loop.do(confirmAtMachine, loop.people.ada, { adjustmentId, machineId: loop.machineId }),
  ).rejects.toMatchObject({ code: "badge_needed" });
  await loop.do(confirmAtMachine, here, { adjustmentId, machineId: loop.machineId });
  await loop.run(2);
  expect(loop.edge.received).toHaveLength(1);
});
