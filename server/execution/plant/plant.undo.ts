import { eq } from "drizzle-orm";
import { isForeignKey } from "#db/errors.ts";
import type { Tx } from "#db/client.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import type { CommandContext } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { Change } from "#server/core/history.rules.ts";
import { defineUndo, type Undoer } from "#server/core/undo.ts";
import { lockStanding, placeAsset, removeAsset } from "./assets.commands.ts";
import { changeArea, orderLine, setAreaUse, setLineUse, setMachineUse } from "./areas.commands.ts";
import { changeLine, changeMachine, setSite } from "./plant.commands.ts";
import { plantChanged } from "./plant.facts.ts";
import { flowOf, lineFields } from "./plant-store.ts";

const allow = "plant.manage";

async function lockEquipment(tx: Tx, { objectId }: Change) {
  const id = Number(objectId);
  const [row] = await tx.select().from(equipment).where(eq(equipment.id, id)).for("update");
  if (row === undefined) return null;
  const { code, name, timeZone, level, retiredAt } = row;
  const active = retiredAt === null;
  if (level !== "line") return { code, name, timeZone, active };
  return { code, active, ...(await lineFields(tx, id)), machineIds: await flowOf(tx, id) };
}

async function lockMachine(tx: Tx, { objectId }: Change) {
  const [row] = await tx
    .select()
    .from(workUnit)
    .where(eq(workUnit.id, Number(objectId)))
    .for("update");
  if (row === undefined) return null;
  return { ...row, active: row.retiredAt === null, leavesAt: row.leavesAt?.getTime() ?? null };
}

const onEquipment = (action: string, run: Undoer["run"]) =>
  defineUndo({ action, objectType: "equipment", allow, lock: lockEquipment, run });
const onMachine = (action: string, run: Undoer["run"]) =>
  defineUndo({ action, objectType: "machine", allow, lock: lockMachine, run });

/**
 * Takes back an addition: what nothing hangs on yet goes, as if it had never been. @throws Refusal already_used
 */
async function forget(context: CommandContext, change: Change): Promise<void> {
  const { action, objectType, objectId, after } = change;
  const id = Number(objectId);
  const table = objectType === "machine" ? workUnit : equipment;
  try {
    await context.tx.transaction((tx) => tx.delete(table).where(eq(table.id, id)));
  } catch (error) {
    if (!isForeignKey(error)) throw error;
    throw new Refusal("already_used", { name: String(after["name"]) });
  }
  context.audit({ action, objectType, objectId, before: after });
  context.publish(plantChanged, "plant", { machineId: null });
}

const always = () => true;

/** How changes of the equipment tree are taken back. */
export const plantUndoers: readonly Undoer[] = [
  defineUndo({
    action: "plant.add_machine",
    objectType: "machine",
    allow,
    takes: always,
    lock: lockMachine,
    run: forget,
  }),
  ...["plant.add_line", "plant.add_area"].map((action) =>
    defineUndo({ action, objectType: "equipment", allow, takes: always, lock: lockEquipment, run: forget }),
  ),
  onEquipment("plant.set_site", (context, { before }) => setSite.part(context, before)),
  onEquipment("plant.change_area", (context, { objectId, before }) =>
    changeArea.part(context, { areaId: Number(objectId), ...before }),
  ),
  onEquipment("plant.use_area", (context, { objectId, before }) =>
    setAreaUse.part(context, { areaId: Number(objectId), ...before }),
  ),
  onEquipment("plant.change_line", (context, { objectId, before }) =>
    changeLine.part(context, { lineId: Number(objectId), ...before }),
  ),
  onEquipment("plant.order_line", (context, { objectId, before }) =>
    orderLine.part(context, { lineId: Number(objectId), ...before }),
  ),
  onEquipment("plant.use_line", (context, { objectId, before }) =>
    setLineUse.part(context, { lineId: Number(objectId), ...before }),
  ),
  onMachine("plant.change_machine", (context, { objectId, before }) =>
    changeMachine.part(context, { machineId: Number(objectId), ...before }),
  ),
  ...["plant.place_asset", "plant.remove_asset"].map((action) =>
    defineUndo({
      action,
      objectType: "machine",
      allow,
      lock: (tx, { objectId }) => lockStanding(tx, Number(objectId)),
      // Back from now on: that the other one stood there meanwhile stays told.
      run: (context, { objectId, before }) => {
        const machineId = Number(objectId);
        return before["asset"] === null
          ? removeAsset.part(context, { machineId })
          : placeAsset.part(context, { machineId, serial: before["asset"] });
      },
    }),
  ),
  onMachine("plant.use_machine", (context, { objectId, before }) =>
    setMachineUse.part(context, { machineId: Number(objectId), ...before }),
  ),
];
