import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { physicalAsset } from "#db/schema/execution/plant.ts";
import { testDb } from "#db/testing.ts";
import { type Actor, founderActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { undoChange } from "#server/core/history.commands.ts";
import { readHistory } from "#server/core/history.queries.ts";
import { testMachine } from "../testing.ts";
import { placeAsset, removeAsset } from "./assets.commands.ts";
import { assetsAt } from "./assets.queries.ts";
import { plantUndoers } from "./plant.undo.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
const hour = 3_600_000;
const clock = new ManualClock(Date.UTC(2026, 10, 23, 8));
const administrator: Actor = { ...founderActor("test"), roles: ["administrator"] };
let made = 0;

beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const act = <I, O>(command: Command<I, O>, input: unknown): Promise<O> =>
  command.execute({ db: handle.db, clock }, administrator, randomUUID(), input);
const place = async () => (await testMachine(handle.db, `place-${String((made += 1))}`)).id;
const serials = async (machineId: number) =>
  (await assetsAt(handle.db, machineId)).map(({ serial, until }) => [serial, until === null]);

test("a machine is exchanged: the place keeps its name and history, and says what stood there when", async () => {
  const machineId = await place();
  await act(placeAsset, { machineId, serial: "EG-1990-7", name: "Engel 80 t" });
  clock.advance(24 * hour);
  const since = clock.now() - 2 * hour;
  await act(placeAsset, { machineId, serial: "AB-2026-1", name: "Arburg 100 t", at: since });
  expect(await serials(machineId)).toEqual([
    ["AB-2026-1", true],
    ["EG-1990-7", false],
  ]);
  expect((await assetsAt(handle.db, machineId))[1]?.until).toBe(since);
});

test("one that stands elsewhere moves: it is never at two places", async () => {
  const [from, to] = [await place(), await place()];
  await act(placeAsset, { machineId: from, serial: "MV-1", name: "Mover" });
  clock.advance(hour);
  await act(placeAsset, { machineId: to, serial: "MV-1" });
  expect([await serials(from), await serials(to)]).toEqual([[["MV-1", false]], [["MV-1", true]]]);
});

test("taken back, what stood there before stands there again, and the time between stays told", async () => {
  const machineId = await place();
  await act(placeAsset, { machineId, serial: "UN-1", name: "First" });
  clock.advance(hour);
  await act(placeAsset, { machineId, serial: "UN-2", name: "Second" });
  clock.advance(hour);
  const of = { objectType: "machine", objectId: String(machineId) };
  const undo = async () => {
    const entries = await readHistory(handle.db, plantUndoers, administrator, of);
    const next = entries.find(({ whyNot }) => whyNot === null);
    await act(undoChange(plantUndoers), { auditSeq: next?.seq });
  };
  await undo();
  expect(await serials(machineId)).toEqual([
    ["UN-1", true],
    ["UN-2", false],
    ["UN-1", false],
  ]);
  clock.advance(hour);
  await act(removeAsset, { machineId });
  expect((await serials(machineId)).every(([, stands]) => stands === false)).toBe(true);
});

test("what cannot be is refused: a tool, no name, the future, and before the last move", async () => {
  const machineId = await place();
  await handle.db.insert(physicalAsset).values({ kind: "tool", serial: "T-99", name: "Mould" });
  const refused = (input: object, code: string) =>
    expect(act(placeAsset, { machineId, ...input })).rejects.toMatchObject({ code });
  await refused({ serial: "T-99" }, "asset_is_tool");
  await refused({ serial: "NEW-1" }, "asset_name_needed");
  await refused({ serial: "NEW-1", name: "New", at: clock.now() + 1 }, "value_out_of_range");
  await act(placeAsset, { machineId, serial: "NEW-1", name: "New" });
  await refused({ serial: "NEW-2", name: "Newer", at: clock.now() - hour }, "before_last_move");
  expect(await serials(machineId)).toEqual([["NEW-1", true]]);
});
