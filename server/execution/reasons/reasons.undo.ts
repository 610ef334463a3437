import { eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { stopReason, stopReasonGroup } from "#db/schema/execution/production.ts";
import type { CommandContext } from "#server/core/command.ts";
import type { Change } from "#server/core/history.rules.ts";
import { defineUndo, type Undoer } from "#server/core/undo.ts";
import { changeReasonGroup, groupFields, moveReasonGroup, removeReasonGroup } from "./groups.commands.ts";
import { changeStopReason, forgetReason, lockReasons, reasonFields } from "./reasons.commands.ts";

const onReason = (action: string, run: Undoer["run"], takes?: Undoer["takes"]) =>
  defineUndo({
    action,
    objectType: "stop_reason",
    allow: "plant.manage",
    ...(takes === undefined ? {} : { takes }),
    lock: async (tx: Tx, { objectId }: Change) => {
      await lockReasons(tx);
      return reasonFields(tx, Number(objectId));
    },
    run,
  });

const onGroup = (action: string, run: Undoer["run"], takes?: Undoer["takes"]) =>
  defineUndo({
    action,
    objectType: "stop_reason_group",
    allow: "plant.manage",
    ...(takes === undefined ? {} : { takes }),
    lock: async (tx: Tx, { objectId }: Change) => {
      await lockReasons(tx);
      return groupFields(tx, Number(objectId));
    },
    run,
  });

const always = () => true;
const idOf = ({ objectId }: Change) => Number(objectId);

/** How changes of the tree of stop reasons are taken back; an addition as long as nobody has given the reason. */
export const reasonUndoers: readonly Undoer[] = [
  onReason("reason.change", async (context, change) => {
    await changeStopReason.part(context, { reasonId: idOf(change), ...change.before });
    await context.tx
      .update(stopReason)
      .set({ code: String(change.before["code"]) })
      .where(eq(stopReason.id, idOf(change)));
  }),
  onReason("reason.add", (context: CommandContext, change) => forgetReason(context, idOf(change)), always),
  onGroup("reason_group.change", async (context, change) => {
    await changeReasonGroup.part(context, { groupId: idOf(change), ...change.before });
    await context.tx
      .update(stopReasonGroup)
      .set({ code: String(change.before["code"]) })
      .where(eq(stopReasonGroup.id, idOf(change)));
  }),
  onGroup("reason_group.move", (context, change) =>
    moveReasonGroup.part(context, { groupId: idOf(change), to: change.before["place"] }),
  ),
  onGroup(
    "reason_group.add",
    (context, change) => removeReasonGroup.part(context, { groupId: idOf(change) }),
    ({ after }) => "name" in after,
  ),
];
