import { randomUUID } from "node:crypto";
import { and, desc, eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { audit } from "#db/schema/core/core.ts";
import { type Actor, serviceActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { undoChange } from "#server/core/history.commands.ts";
import { countersConsumer } from "../counters/consumer.ts";
import { testHand, testJob, testLane, type TestMachine, testMachine } from "../testing.ts";
import { maintainTool, mountTool, storeTool } from "./mounts.commands.ts";
import { addTool, changeTool, setCavities, setFit } from "./tools.commands.ts";
import { listTools, toolPage } from "./tools.queries.ts";
import { toolUndoers } from "./tools.undo.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const clock = new ManualClock(Date.UTC(2026, 10, 22, 8));
const minute = 60_000;
const act = <I, O>(command: Command<I, O>, input: unknown, by: Actor = testHand): Promise<O> =>
  command.execute({ db: handle.db, clock }, by, randomUUID(), input);
const tool = async (serial: string, more = {}) =>
  (await act(addTool, { serial, name: `Tool ${serial}`, cavities: 8, ...more })).toolId;
const view = async (toolId: string) => {
  const found = await toolPage(handle.db, toolId, clock.now());
  if (found === undefined) throw new Error("no such tool");
  return found;
};
/** The machine's cycle counter goes up by so many within the next minute. */
let counted = 0;
async function cycles(m: TestMachine, count: number, what: "cycles" | "good" = "cycles") {
  const at = clock.now();
  const said = [
    { at: at + 20_000, what, value: counted },
    { at: at + 40_000, what, value: counted + count },
  ];
  counted += count;
  await testLane(handle.db, [countersConsumer]).hear(m, said);
  clock.advance(minute);
}

test("a machine's cycles are the shots of the tool that is on it, and of no other", async () => {
  const m = await testMachine(handle.db, "tl-shots");
  const [first, second] = [await tool("T-1", { startShots: 1000 }), await tool("T-2")];
  await cycles(m, 50);
  await act(mountTool, { toolId: first, machineId: m.id });
  await cycles(m, 100);
  await act(storeTool, { toolId: first, storage: "Rack 3" });
  await act(mountTool, { toolId: second, machineId: m.id });
  await cycles(m, 30);
  expect(await view(first)).toMatchObject({
    shots: 1100,
    machine: null,
    storage: "Rack 3",
    mounts: [{ machineName: "tl-shots", shots: 100 }],
  });
  expect(await view(second)).toMatchObject({ shots: 30, machine: { id: m.id }, storage: null });
  expect((await listTools(handle.db, clock.now())).map(({ serial, shots }) => [serial, shots])).toEqual([
    ["T-1", 1100],
    ["T-2", 30],
  ]);
});

test("late readings and a mount said for the past count as if they had come in time", async () => {
  const m = await testMachine(handle.db, "tl-late");
  const toolId = await tool("T-LATE");
  const at = clock.now();
  await cycles(m, 40);
  await act(mountTool, { toolId, machineId: m.id, at });
  expect((await view(toolId)).shots).toBe(40);
  await expect(act(storeTool, { toolId, storage: "Rack", at: clock.now() + minute })).rejects.toMatchObject({
    code: "invalid",
    field: "at",
  });
  await expect(act(storeTool, { toolId, storage: "Rack", at: at - minute })).rejects.toMatchObject({
    code: "invalid",
  });
});

test("maintenance begins the count anew, and what was counted until then stands beside it", async () => {
  const m = await testMachine(handle.db, "tl-care");
  const toolId = await tool("T-CARE", { startShots: 500, lifeCycles: 1000 });
  await act(mountTool, { toolId, machineId: m.id });
  await cycles(m, 120);
  expect(await act(maintainTool, { toolId, note: "polished" })).toEqual({ toolId, shots: 620 });
  expect((await view(toolId)).shots).toBe(0);
  await cycles(m, 7);
  expect(await view(toolId)).toMatchObject({
    shots: 7,
    lastMaintenance: clock.now() - minute,
    maintenance: [{ shots: 620, note: "polished" }],
    mounts: [{ shots: 127 }],
  });
});

test("a machine that counts no cycles gives its parts by the cavities that were open then", async () => {
  const m = await testMachine(handle.db, "tl-parts");
  await handle.db.execute(`delete from tag where id = ${String(m.tags.cycles)}`);
  await testJob(handle.db, m, "TL-P");
  const toolId = await tool("T-PARTS");
  await act(mountTool, { toolId, machineId: m.id });
  await cycles(m, 80, "good");
  await act(setCavities, { toolId, open: 5 });
  await cycles(m, 50, "good");
  expect(await view(toolId)).toMatchObject({
    shots: 20,
    openCavities: 5,
    cavityTimes: [{ open: 5, to: null }],
  });
});

test("open cavities hold from their time; more than there are, or of a tool with none, are refused", async () => {
  const toolId = await tool("T-CAV");
  expect((await view(toolId)).openCavities).toBe(8);
  const from = clock.now();
  await act(setCavities, { toolId, open: 7 });
  clock.advance(minute);
  await act(setCavities, { toolId, open: 8 });
  expect((await view(toolId)).cavityTimes).toEqual([
    { open: 8, from: clock.now(), to: null },
    { open: 7, from, to: clock.now() },
  ]);
  await expect(act(setCavities, { toolId, open: 9 })).rejects.toMatchObject({ code: "cavities_too_many" });
  await expect(act(changeTool, { toolId, cavities: 7 })).rejects.toMatchObject({ code: "cavities_too_many" });
  const cutter = await tool("T-CUT", { cavities: null });
  await expect(act(setCavities, { toolId: cutter, open: 1 })).rejects.toMatchObject({
    code: "cavities_unknown",
  });
  expect((await view(cutter)).openCavities).toBeNull();
});

test("a tool is on one machine, a machine with one position holds one tool, and one put away goes nowhere", async () => {
  const [one, two] = [await testMachine(handle.db, "tl-one"), await testMachine(handle.db, "tl-two")];
  const [a, b] = [await tool("T-A"), await tool("T-B")];
  await act(mountTool, { toolId: a, machineId: one.id });
  await expect(act(mountTool, { toolId: a, machineId: two.id })).rejects.toMatchObject({
    code: "tool_mounted",
    params: { tool: "T-A", machine: "tl-one" },
  });
  await expect(act(mountTool, { toolId: b, machineId: one.id })).rejects.toMatchObject({
    code: "tool_place_taken",
    params: { tool: "T-A" },
  });
  await expect(act(changeTool, { toolId: a, active: false })).rejects.toMatchObject({ code: "tool_mounted" });
  await act(changeTool, { toolId: b, active: false });
  await expect(act(mountTool, { toolId: b, machineId: two.id })).rejects.toMatchObject({
    code: "tool_retired",
  });
  // Two hands at the same machine, at the same moment.
  const [c, d] = [await tool("T-C"), await tool("T-D")];
  const both = await Promise.allSettled(
    [c, d].map((toolId) => act(mountTool, { toolId, machineId: two.id })),
  );
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("a tool names the operations it can make, and the record says which before and after", async () => {
  const m = await testMachine(handle.db, "tl-fit");
  const { productId } = await testJob(handle.db, m, "TL-F", { cycleMs: 10_000, parts: 8 });
  const toolId = await tool("T-FIT");
  await act(mountTool, { toolId, machineId: m.id });
  await act(setFit, { toolId, operations: [{ productId, operation: "mould" }] });
  expect((await view(toolId)).fits).toEqual([
    { productId, productCode: "P-TL-F", productName: "Product TL-F", operation: "mould", standardParts: 8 },
  ]);
  await act(setFit, { toolId, operations: [] });
  const rows = await handle.db
    .select()
    .from(audit)
    .where(and(eq(audit.objectId, toolId), eq(audit.action, "tool.set_fit")));
  expect(rows.map((row) => [row.before, row.after])).toEqual([
    [{ fits: [] }, { fits: [{ productId, operation: "mould" }] }],
    [{ fits: [{ productId, operation: "mould" }] }, { fits: [] }],
  ]);
  await expect(
    act(setFit, { toolId, operations: [{ productId: randomUUID(), operation: "mould" }] }),
  ).rejects.toMatchObject({ code: "not_found" });
});

test("whoever has the tool in hand moves it; an operator does not, and a setter says nothing of what it is", async () => {
  const m = await testMachine(handle.db, "tl-who");
  const toolId = await tool("T-WHO");
  const person = (role: "operator" | "setter"): Actor => ({
    ...serviceActor(role),
    kind: "person",
    roles: [role],
  });
  await expect(act(mountTool, { toolId, machineId: m.id }, person("operator"))).rejects.toMatchObject({
    code: "not_allowed",
  });
  await act(mountTool, { toolId, machineId: m.id }, person("setter"));
  await expect(act(setCavities, { toolId, open: 7 }, person("setter"))).rejects.toMatchObject({
    code: "not_allowed",
  });
});

test("what is engraved on a tool names one tool", async () => {
  await tool("T-same");
  await expect(tool("T-same")).rejects.toMatchObject({ code: "already_taken", params: { value: "T-same" } });
});

const administrator: Actor = {
  kind: "person",
  personId: randomUUID(),
  name: "Hugo Admin",
  roles: ["administrator"],
};

/** Takes back the newest change of a tool's place. */
async function undoMove(toolId: string): Promise<unknown> {
  const told = await handle.db
    .select({ seq: audit.seq })
    .from(audit)
    .where(and(eq(audit.objectId, toolId), inArray(audit.action, ["tool.mount", "tool.store"])))
    .orderBy(desc(audit.seq));
  return act(undoChange(toolUndoers), { auditSeq: told[0]?.seq }, administrator);
}

test("a tool that was put on the wrong machine was never there, and made no shots", async () => {
  const m = await testMachine(handle.db, "tl-wrong");
  const toolId = await tool("T-wrong");
  await act(storeTool, { toolId, storage: "Rack 1" });
  await act(mountTool, { toolId, machineId: m.id });
  await cycles(m, 40);
  expect(await view(toolId)).toMatchObject({ shots: 40, machine: { id: m.id }, storage: null });
  await undoMove(toolId);
  expect(await view(toolId)).toMatchObject({ shots: 0, machine: null, storage: "Rack 1", mounts: [] });
  await expect(undoMove(toolId)).rejects.toMatchObject({ code: "already_undone" });
});

test("a tool that was taken off by mistake has been on its machine all the time, if its place is free", async () => {
  const m = await testMachine(handle.db, "tl-off");
  const [toolId, other] = [await tool("T-off"), await tool("T-other")];
  await act(mountTool, { toolId, machineId: m.id });
  await cycles(m, 10);
  await act(storeTool, { toolId, storage: "Rack 2" });
  await cycles(m, 5);
  await act(mountTool, { toolId: other, machineId: m.id });
  await expect(undoMove(toolId)).rejects.toMatchObject({ code: "tool_place_taken" });
  await undoMove(other);
  await undoMove(toolId);
  expect(await view(toolId)).toMatchObject({ shots: 15, machine: { id: m.id }, storage: null });
});

test("a move that another one followed is not taken back", async () => {
  const m = await testMachine(handle.db, "tl-later");
  const toolId = await tool("T-later");
  await act(mountTool, { toolId, machineId: m.id });
  const [first] = await handle.db
    .select()
    .from(audit)
    .where(eq(audit.objectId, toolId))
    .orderBy(desc(audit.seq));
  clock.advance(minute);
  await act(storeTool, { toolId, storage: "Rack 4" });
  const undo = act(undoChange(toolUndoers), { auditSeq: first?.seq }, administrator);
  await expect(undo).rejects.toMatchObject({ code: "changed_since" });
});
