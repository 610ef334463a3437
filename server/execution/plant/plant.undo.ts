import { eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import type { Change } from "#server/core/history.rules.ts";
import { defineUndo, type Undoer } from "#server/core/undo.ts";
import { changeArea, orderLine, setAreaUse, setLineUse, setMachineUse } from "./areas.commands.ts";
import { changeLine, changeMachine, setSite } from "./plant.commands.ts";
import { flowOf, lineFields } from "./plant-store.ts";

const allow = "plant.manage";

async function lockEquipment(tx: Tx, { objectId }: Change) {
  const id = Number(objectId);
  const [row] = await tx.select().from(equipment).where(eq(equipment.id, id)).for("update");
  if (row === undefined) return null;
  const { name, timeZone, level, retiredAt } = row;
  const active = retiredAt === null;
  if (level !== "line") return { name, timeZone, active };
  return { active, ...(await lineFields(tx, id)), machineIds: await flowOf(tx, id) };
}

async function lockMachine(tx: Tx, { objectId }: Change) {
  const [row] = await tx
    .select()
    .from(workUnit)
    .where(eq(workUnit.id, Number(objectId)))
    .for("update");
  return row === undefined ? null : { ...row, active: row.retiredAt === null };
}

const onEquipment = (action: string, run: Undoer["run"]) =>
  defineUndo({ action, objectType: "equipment", allow, lock: lockEquipment, run });
const onMachine = (action: string, run: Undoer["run"]) =>
  defineUndo({ action, objectType: "machine", allow, lock: lockMachine, run });

/** How changes of the equipment tree are taken back. */
export const plantUndoers: readonly Undoer[] = [
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
  onMachine("plant.use_machine", (context, { objectId, before }) =>
    setMachineUse.part(context, { machineId: Number(objectId), ...before }),
  ),
];
