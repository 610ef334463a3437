import { eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddLine, AddMachine, ChangeLine, ChangeMachine, SetSite } from "./plant.contract.ts";
import { plantChanged } from "./plant.facts.ts";
import { whyNotTimeZone } from "./plant.rules.ts";

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

/** Names a line anew; its code stays, for records and files name it by that. */
export const changeLine = defineCommand({
  name: "plant.change_line",
  input: ChangeLine,
  allow,
  run: async (context, { lineId, name }) => {
    const before = await lineOf(context.tx, lineId);
    await context.tx.update(equipment).set({ name }).where(eq(equipment.id, lineId));
    context.audit({
      action: "plant.change_line",
      objectType: "equipment",
      objectId: String(lineId),
      before: { name: before.name },
      after: { name },
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
    await lineOf(tx, input.lineId);
    const [row] = await tx
      .insert(workUnit)
      .values({
        ...input,
        flowPosition: sql`(select coalesce(max(flow_position), 0) + 1 from work_unit where line_id = ${input.lineId})`,
      })
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
 * Changes a machine's name, kind, place or limits. Limits hold from now on: what was derived with the old ones
 * stays as it was told.
 */
export const changeMachine = defineCommand({
  name: "plant.change_machine",
  input: ChangeMachine,
  allow,
  run: async (context, { machineId, ...given }) => {
    const { tx } = context;
    const [before] = await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
    if (before === undefined) throw new Refusal("not_found", {}, "machineId");
    if (given.lineId !== undefined) await lineOf(tx, given.lineId);
    const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    if (Object.keys(change).length === 0) return { machineId };
    await tx.update(workUnit).set(change).where(eq(workUnit.id, machineId));
    context.audit({
      action: "plant.change_machine",
      objectType: "machine",
      objectId: String(machineId),
      machineId,
      before: Object.fromEntries(Object.entries(before).filter(([key]) => key in change)),
      after: change,
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

async function lineOf(tx: Tx, lineId: number) {
  const [row] = await tx.select().from(equipment).where(eq(equipment.id, lineId)).for("update");
  if (row === undefined || row.level !== "line") throw new Refusal("not_found", {}, "lineId");
  return row;
}
