import { defineUndo, type Undoer } from "#server/core/undo.ts";
import { forgetMaintenance, lastMaintained } from "./mounts.commands.ts";
import {
  cavityTimesOf,
  changeTool,
  fitsOf,
  lockTool,
  type Open,
  replaceCavities,
  setFit,
} from "./tools.commands.ts";

const allow = "product.manage";

/** How changes of a tool are taken back. Where it is, is said anew instead: nobody takes a tool out of a past. */
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
