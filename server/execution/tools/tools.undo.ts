import type { Tx } from "#db/client.ts";
import type { Change } from "#server/core/history.rules.ts";
import { defineUndo, type Undoer } from "#server/core/undo.ts";
import { forgetMaintenance, forgetMount, lastMaintained, type Place, putBack } from "./mounts.commands.ts";
import {
  cavityTimesOf,
  changeTool,
  fitsOf,
  lockTool,
  machineOf,
  type Open,
  replaceCavities,
  setFit,
} from "./tools.commands.ts";

const allow = "product.manage";

/** Where the tool is, under the names of the record; where it is as this change left it, as the change said it. */
async function lockPlace(tx: Tx, { objectId, after }: Change) {
  const { storage } = await lockTool(tx, objectId);
  const machine = (await machineOf(tx, objectId))?.name ?? null;
  const left = after["place"] as Place;
  const stands = (left.machine ?? null) === machine && (machine !== null || left.storage === storage);
  return { place: stands ? left : { machine, storage } };
}

/** How changes of a tool are taken back. */
export const toolUndoers: readonly Undoer[] = [
  defineUndo({
    action: "tool.change",
    objectType: "tool",
    allow,
    lock: async (tx, { objectId }) => ({ ...(await lockTool(tx, objectId)) }),
    run: (context, { objectId, before }) => changeTool.part(context, { toolId: objectId, ...before }),
  }),
  defineUndo({
    action: "tool.set_cavities",
    objectType: "tool",
    allow,
    lock: async (tx, { objectId }) => {
      await lockTool(tx, objectId);
      return { cavityTimes: await cavityTimesOf(tx, objectId) };
    },
    run: async (context, { objectId, before }) =>
      replaceCavities(
        context,
        objectId,
        await cavityTimesOf(context.tx, objectId),
        before["cavityTimes"] as Open[],
      ),
  }),
  defineUndo({
    action: "tool.set_fit",
    objectType: "tool",
    allow,
    lock: async (tx, { objectId }) => {
      await lockTool(tx, objectId);
      return { fits: await fitsOf(tx, objectId) };
    },
    run: (context, { objectId, before }) =>
      setFit.part(context, { toolId: objectId, operations: before["fits"] }),
  }),
  defineUndo({
    action: "tool.mount",
    objectType: "tool",
    allow: "tool.move",
    lock: lockPlace,
    run: (context, { objectId, before }) => forgetMount(context, objectId, before["place"] as Place),
  }),
  defineUndo({
    action: "tool.store",
    objectType: "tool",
    allow: "tool.move",
    lock: lockPlace,
    run: (context, { objectId, before, after }) =>
      putBack(context, objectId, before["place"] as Place, (after["place"] as Place).at ?? 0),
  }),
  defineUndo({
    action: "tool.maintain",
    objectType: "tool",
    allow: "tool.move",
    lock: async (tx, { objectId }) => {
      await lockTool(tx, objectId);
      return { maintained: await lastMaintained(tx, objectId) };
    },
    run: (context, { objectId, after }) => forgetMaintenance(context, objectId, Number(after["maintained"])),
  }),
];
