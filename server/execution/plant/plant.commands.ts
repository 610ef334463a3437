import { eq, max } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddLine, AddMachine, ChangeLine, ChangeMachine, SetSite } from "./plant.contract.ts";
import { plantChanged } from "./plant.facts.ts";
import { whyNotTimeZone } from "./plant.rules.ts";
import { levelOf, lineFields, refuseRunning } from "./plant-store.ts";

const allow = () => ({ action: "plant.manage" }) as const;

/**
 * Names the works and its time zone; the first time it makes them. Another zone holds for shifts to come: those
 * that stand were worked at the times they say. @throws Refusal unknown_time_zone
 */
export const setSite = defineCommand({
  name: "plant.set_site",
  input: SetSite,
  allow,
  run: async (context, { name, timeZone }) => {
    const { tx } = context;
    const why = whyNotTimeZone(timeZone);
    if (why !== null) throw why;
    const before = await siteOf(tx);
    const siteId = before?.id ?? (await makeSite(tx, name, timeZone));
    if (before !== undefined)
      await tx.update(equipment).set({ name, timeZone }).where(eq(equipment.id, siteId));
    context.audit({
      action: "plant.set_site",
      objectType: "equipment",
      objectId: String(siteId),
      ...(before === undefined ? {} : { before: { name: before.name, timeZone: before.timeZone } }),
      after: { name, timeZone },
    });
    context.publish(plantChanged, "plant", { machineId: null });
    return { siteId };
  },
});

/** Adds a line (ISA-95 work center) to the works. @throws Refusal already_taken, site_needed @returns the new id */
export const addLine = defineCommand({
  name: "plant.add_line",
  input: AddLine,
  allow,
  run: async (context, { code, name }) => {
    const site = await siteOf(context.tx);
    if (site === undefined) throw new Refusal("site_needed");
    const [row] = await context.tx
      .insert(equipment)
      .values({ parentId: site.id, level: "line", code, name })
      .onConflictDoNothing()
      .returning({ id: equipment.id });
    if (row === undefined) throw new Refusal("already_taken", { value: code }, "code");
    context.audit({
      action: "plant.add_line",
      objectType: "equipment",
      objectId: String(row.id),
      after: { code, name },
    });
    context.publish(plantChanged, "plant", { machineId: null });
    return { lineId: row.id };
  },
});

/** Names a line anew or puts it into another area; its code stays, for records and files name it by that. */
export const changeLine = defineCommand({
  name: "plant.change_line",
  input: ChangeLine,
  allow,
  run: async (context, { lineId, name, areaId }) => {
    const { tx } = context;
    const line = await lineOf(tx, lineId);
    const area = areaId == null ? null : await levelOf(tx, "area", areaId);
    if (area !== null && area.retiredAt !== null)
      throw new Refusal("put_away", { name: area.name }, "areaId");
    const now = await lineFields(tx, lineId);
    const after = { name: name ?? line.name, areaId: areaId === undefined ? (now?.areaId ?? null) : areaId };
    if (after.name === now?.name && after.areaId === now.areaId) return { lineId };
    const parentId = after.areaId ?? (await siteOf(tx))?.id ?? null;
    await tx.update(equipment).set({ name: after.name, parentId }).where(eq(equipment.id, lineId));
    context.audit({
      action: "plant.change_line",
      objectType: "equipment",
      objectId: String(lineId),
      before: { name: line.name, areaId: now?.areaId ?? null },
      after,
    });
    context.publish(plantChanged, "plant", { machineId: null });
    return { lineId };
  },
});

/** Adds a machine (ISA-95 work unit) at the end of its line's flow. Its rules begin at authority 0. @returns the new id */
export const addMachine = defineCommand({
  name: "plant.add_machine",
  input: AddMachine,
  allow,
  run: async (context, input) => {
    const { tx } = context;
    await lineInUse(tx, input.lineId);
    const [row] = await tx
      .insert(workUnit)
      .values({ ...input, flowPosition: await endOfFlow(tx, input.lineId) })
      .onConflictDoNothing()
      .returning({ id: workUnit.id });
    if (row === undefined) throw new Refusal("already_taken", { value: input.code }, "code");
    context.audit({
      action: "plant.add_machine",
      objectType: "machine",
      objectId: String(row.id),
      machineId: row.id,
      after: input,
    });
    context.publish(plantChanged, "plant", { machineId: row.id });
    return { machineId: row.id };
  },
});

/**
 * Changes a machine's name, kind, place or limits. It moves to the end of another line's flow, and counts there from the
 * next shift on. Limits hold from now on: what was derived with the old ones
 * stays as it was told. @throws Refusal record_in_use where it is to move or to lose positions, put_away,
 * value_out_of_range where it is to leave in the past
 */
export const changeMachine = defineCommand({
  name: "plant.change_machine",
  input: ChangeMachine,
  allow,
  run: async (context, { machineId, ...given }) => {
    const { tx } = context;
    const [before] = await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
    if (before === undefined) throw new Refusal("not_found", {}, "machineId");
    const { leavesAt: leaves, ...said } = given;
    if (leaves != null && (leaves <= context.now || before.retiredAt !== null))
      throw new Refusal("value_out_of_range", { low: "0 h", high: "–" }, "leavesAt");
    const wished = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    const moves = given.lineId !== undefined && given.lineId !== before.lineId;
    if (moves || (given.positions ?? before.positions) < before.positions)
      await refuseRunning(tx, machineId, before.name);
    const change = moves
      ? { flowPosition: await endOfFlow(tx, await lineInUse(tx, given.lineId ?? 0)), ...wished }
      : wished;
    const dated = leaves === undefined ? {} : { leavesAt: leaves === null ? null : new Date(leaves) };
    if (Object.keys({ ...change, ...dated }).length === 0) return { machineId };
    const stands = moves ? { lineSince: new Date(context.now), lineBefore: before.lineId } : {};
    await tx
      .update(workUnit)
      .set({ ...change, ...dated, ...stands })
      .where(eq(workUnit.id, machineId));
    context.audit({
      action: "plant.change_machine",
      objectType: "machine",
      objectId: String(machineId),
      machineId,
      before: {
        ...Object.fromEntries(Object.entries(before).filter(([key]) => key in change)),
        ...(leaves === undefined ? {} : { leavesAt: before.leavesAt?.getTime() ?? null }),
      },
      after: leaves === undefined ? change : { ...change, leavesAt: leaves },
    });
    context.publish(plantChanged, "plant", { machineId });
    return { machineId };
  },
});

async function siteOf(tx: Tx) {
  const [row] = await tx.select().from(equipment).where(eq(equipment.level, "site")).limit(1).for("update");
  return row;
}

/** Enterprise and site in one: a plant that has several works is told so by its ERP, not by its first minute. */
async function makeSite(tx: Tx, name: string, timeZone: string): Promise<number> {
  const idOf = (rows: readonly { id: number }[]) => rows[0]?.id ?? 0;
  const parentId = idOf(
    await tx
      .insert(equipment)
      .values({ level: "enterprise", code: "enterprise", name })
      .returning({ id: equipment.id }),
  );
  return idOf(
    await tx
      .insert(equipment)
      .values({ parentId, level: "site", code: "site", name, timeZone })
      .returning({ id: equipment.id }),
  );
}

const lineOf = (tx: Tx, lineId: number) => levelOf(tx, "line", lineId);

async function lineInUse(tx: Tx, lineId: number): Promise<number> {
  const line = await lineOf(tx, lineId);
  if (line.retiredAt !== null) throw new Refusal("put_away", { name: line.name }, "lineId");
  return lineId;
}

async function endOfFlow(tx: Tx, lineId: number): Promise<number> {
  const [row] = await tx
    .select({ last: max(workUnit.flowPosition) })
    .from(workUnit)
    .where(eq(workUnit.lineId, lineId));
  return (row?.last ?? 0) + 1;
}
