import { eq } from "drizzle-orm";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { defineUndo, type Undoer } from "#server/core/undo.ts";
import { changeLine, changeMachine, setSite } from "./plant.commands.ts";

const allow = "plant.manage";

async function lockEquipment(...[tx, { objectId }]: Parameters<Undoer["lock"]>) {
  const [row] = await tx
    .select()
    .from(equipment)
    .where(eq(equipment.id, Number(objectId)))
    .for("update");
  return row ?? null;
}

async function lockMachine(...[tx, { objectId }]: Parameters<Undoer["lock"]>) {
  const [row] = await tx
    .select()
    .from(workUnit)
    .where(eq(workUnit.id, Number(objectId)))
    .for("update");
  return row ?? null;
}

/** How changes of the equipment tree are taken back. */
export const plantUndoers: readonly Undoer[] = [
  defineUndo({
    action: "plant.set_site",
    objectType: "equipment",
    allow,
    lock: lockEquipment,
    run: (context, { before }) => setSite.part(context, before),
  }),
  defineUndo({
    action: "plant.change_line",
    objectType: "equipment",
    allow,
    lock: lockEquipment,
    run: (context, { objectId, before }) => changeLine.part(context, { lineId: Number(objectId), ...before }),
  }),
  defineUndo({
    action: "plant.change_machine",
    objectType: "machine",
    allow,
    lock: lockMachine,
    run: (context, { objectId, before }) =>
      changeMachine.part(context, { machineId: Number(objectId), ...before }),
  }),
];
