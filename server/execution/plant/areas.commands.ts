import { and, eq, isNull } from "drizzle-orm";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import {
  AddArea,
  ChangeArea,
  OrderLine,
  UseArea,
  UseLine,
  LeaveMachine,
  UseMachine,
} from "./plant.contract.ts";
import { plantChanged } from "./plant.facts.ts";
import { flowOf, levelOf, refusePlanned, refuseRunning } from "./plant-store.ts";

const allow = () => ({ action: "plant.manage" }) as const;

/** Adds an area (ISA-95) to the works, for lines that stand together. @throws Refusal already_taken, site_needed */
export const addArea = defineCommand({
  name: "plant.add_area",
  input: AddArea,
  allow,
  run: async (context, { code, name }) => {
    const { tx } = context;
    const [site] = await tx.select().from(equipment).where(eq(equipment.level, "site")).limit(1);
    if (site === undefined) throw new Refusal("site_needed");
    const [row] = await tx
      .insert(equipment)
      .values({ parentId: site.id, level: "area", code, name })
      .onConflictDoNothing()
      .returning({ id: equipment.id });
    if (row === undefined) throw new Refusal("already_taken", { value: code }, "code");
    tell(context, "plant.add_area", row.id, undefined, { code, name });
    return { areaId: row.id };
  },
});

/** Names an area anew. */
export const changeArea = defineCommand({
  name: "plant.change_area",
  input: ChangeArea,
  allow,
  run: async (context, { areaId, name }) => {
    const before = await levelOf(context.tx, "area", areaId);
    if (before.name === name) return { areaId };
    await context.tx.update(equipment).set({ name }).where(eq(equipment.id, areaId));
    tell(context, "plant.change_area", areaId, { name: before.name }, { name });
    return { areaId };
  },
});

/** Says in which order the product passes the machines of a line. @throws Refusal conflict where others stand there */
export const orderLine = defineCommand({
  name: "plant.order_line",
  input: OrderLine,
  allow,
  run: async (context, { lineId, machineIds }) => {
    const { tx } = context;
    await levelOf(tx, "line", lineId);
    const before = await flowOf(tx, lineId);
    const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b).join();
    // Somebody has moved a machine meanwhile: an order of other machines says nothing about these.
    if (sorted(before) !== sorted(machineIds)) throw new Refusal("conflict", {}, "machineIds");
    if (before.join() === machineIds.join()) return { lineId };
    for (const [i, id] of machineIds.entries())
      await tx
        .update(workUnit)
        .set({ flowPosition: i + 1 })
        .where(eq(workUnit.id, id));
    tell(context, "plant.order_line", lineId, { machineIds: before }, { machineIds });
    return { lineId };
  },
});

/** Puts an area away, or takes it into use again. @throws Refusal record_in_use while lines in use belong to it */
export const setAreaUse = defineCommand({
  name: "plant.use_area",
  input: UseArea,
  allow,
  run: async (context, { areaId, active }) => {
    const area = await levelOf(context.tx, "area", areaId);
    const [line] = await context.tx
      .select({ name: equipment.name })
      .from(equipment)
      .where(and(eq(equipment.parentId, areaId), isNull(equipment.retiredAt)))
      .limit(1);
    if (!active && line !== undefined)
      throw new Refusal("record_in_use", { name: area.name, what: line.name }, "areaId");
    await setUse(context, area, active, "plant.use_area");
    return { areaId };
  },
});

/** Puts a line away, or takes it into use again. @throws Refusal record_in_use while machines in use stand in it */
export const setLineUse = defineCommand({
  name: "plant.use_line",
  input: UseLine,
  allow,
  run: async (context, { lineId, active }) => {
    const line = await levelOf(context.tx, "line", lineId);
    const [machine] = await context.tx
      .select({ name: workUnit.name })
      .from(workUnit)
      .where(and(eq(workUnit.lineId, lineId), isNull(workUnit.retiredAt)))
      .limit(1);
    if (!active && machine !== undefined)
      throw new Refusal("record_in_use", { name: line.name, what: machine.name }, "lineId");
    await setUse(context, line, active, "plant.use_line");
    return { lineId };
  },
});

/**
 * Puts a machine away from now on, or takes it into use again. What it made stays in every report; the running shift is
 * counted to its end. Its standing alarms end with that.
 * @throws Refusal record_in_use while a job is on it, jobs_planned while one is planned on it, put_away where its line is
 */
export const setMachineUse = defineCommand({
  name: "plant.use_machine",
  input: UseMachine,
  allow,
  run: (context, { machineId, active }) => putMachine(context, machineId, active),
});

/** Puts a machine away whose time has come. @throws Refusal as `setMachineUse` */
export const leaveMachine = defineCommand({
  name: "plant.leave",
  input: LeaveMachine,
  allow: () => ({ action: "system.act" }),
  run: (context, { machineId }) => putMachine(context, machineId, false),
});

async function putMachine(context: CommandContext, machineId: number, active: boolean) {
  const { tx, now } = context;
  const [machine] = await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
  if (machine === undefined) throw new Refusal("not_found", {}, "machineId");
  if (active === (machine.retiredAt === null)) return { machineId };
  const line = await levelOf(tx, "line", machine.lineId);
  if (active && line.retiredAt !== null) throw new Refusal("put_away", { name: line.name }, "machineId");
  if (!active) {
    await refuseRunning(tx, machineId, machine.name);
    await refusePlanned(tx, machineId, machine.name);
  }
  await tx
    .update(workUnit)
    .set({ retiredAt: active ? null : new Date(now), leavesAt: null })
    .where(eq(workUnit.id, machineId));
  context.audit({
    action: "plant.use_machine",
    objectType: "machine",
    objectId: String(machineId),
    machineId,
    before: { active: !active },
    after: { active },
  });
  context.publish(plantChanged, "plant", { machineId });
  return { machineId };
}

async function setUse(
  context: CommandContext,
  row: typeof equipment.$inferSelect,
  active: boolean,
  action: string,
): Promise<void> {
  if (active === (row.retiredAt === null)) return;
  const retiredAt = active ? null : new Date(context.now);
  await context.tx.update(equipment).set({ retiredAt }).where(eq(equipment.id, row.id));
  tell(context, action, row.id, { active: !active }, { active });
}

function tell(context: CommandContext, action: string, id: number, before: unknown, after: unknown): void {
  context.audit({ action, objectType: "equipment", objectId: String(id), before, after });
  context.publish(plantChanged, "plant", { machineId: null });
}
