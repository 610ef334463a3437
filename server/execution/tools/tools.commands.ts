import { and, asc, eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { assetMount, physicalAsset } from "#db/schema/execution/plant.ts";
import { toolCavities, toolFit } from "#db/schema/execution/tools.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { type Dated, saidFrom } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddTool, ChangeTool, SetCavities, SetFit } from "./tools.contract.ts";
import { toolChanged } from "./tools.facts.ts";
import { whyNotOpen } from "./tools.rules.ts";

const allow = () => ({ action: "product.manage" }) as const;

/** @throws Refusal already_taken @returns the new id */
export const addTool = defineCommand({
  name: "tool.add",
  input: AddTool,
  allow,
  run: async (context, input) => {
    const [row] = await context.tx
      .insert(physicalAsset)
      .values({ ...input, kind: "tool" })
      .onConflictDoNothing()
      .returning({ id: physicalAsset.id });
    if (row === undefined) throw new Refusal("already_taken", { value: input.serial }, "serial");
    context.audit({ action: "tool.add", objectType: "tool", objectId: row.id, after: input });
    context.publish(toolChanged, "plant", { toolId: row.id });
    return { toolId: row.id };
  },
});

/** Changes what is said of a tool; its serial stays. @throws Refusal not_found, tool_mounted, cavities_too_many */
export const changeTool = defineCommand({
  name: "tool.change",
  input: ChangeTool,
  allow,
  run: async (context, { toolId, ...given }) => {
    const { tx } = context;
    const tool = await lockTool(tx, toolId);
    const after = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    if (Object.keys(after).length === 0) return { toolId };
    if (given.active === false) {
      const machine = await machineOf(tx, toolId);
      if (machine !== null) throw new Refusal("tool_mounted", { tool: tool.serial, machine: machine.name });
    }
    if (given.cavities !== undefined)
      for (const { open } of await cavityTimesOf(tx, toolId)) {
        const why = whyNotOpen(tool.serial, given.cavities, open);
        if (why !== null) throw why;
      }
    await tx.update(physicalAsset).set(after).where(eq(physicalAsset.id, toolId));
    context.audit({
      action: "tool.change",
      objectType: "tool",
      objectId: toolId,
      before: Object.fromEntries(Object.entries(tool).filter(([key]) => key in after)),
      after,
    });
    context.publish(toolChanged, "plant", { toolId });
    return { toolId };
  },
});

/** Says how many cavities give parts, from a time on. @throws Refusal not_found, cavities_unknown, cavities_too_many */
export const setCavities = defineCommand({
  name: "tool.set_cavities",
  input: SetCavities,
  allow,
  run: async (context, { toolId, open, from }) => {
    const { tx, now } = context;
    const tool = await lockTool(tx, toolId);
    const why = whyNotOpen(tool.serial, tool.cavities, open);
    if (why !== null) throw why;
    const before = await cavityTimesOf(tx, toolId);
    await replaceCavities(context, toolId, before, saidFrom(before, from ?? now, { open }));
    return { toolId };
  },
});

/** Says which operations a tool can make, as a whole. @throws Refusal not_found */
export const setFit = defineCommand({
  name: "tool.set_fit",
  input: SetFit,
  allow,
  run: async (context, { toolId, operations }) => {
    const { tx } = context;
    await lockTool(tx, toolId);
    const before = await fitsOf(tx, toolId);
    await writeFits(tx, toolId, operations);
    context.audit({
      action: "tool.set_fit",
      objectType: "tool",
      objectId: toolId,
      before: { fits: before },
      after: { fits: await fitsOf(tx, toolId) },
    });
    context.publish(toolChanged, "plant", { toolId });
    return { toolId };
  },
});

export type Open = { readonly open: number } & Dated;
type Fit = { readonly productId: string; readonly operation: string };

export async function cavityTimesOf(tx: Tx, toolId: string): Promise<Open[]> {
  const rows = await tx
    .select()
    .from(toolCavities)
    .where(eq(toolCavities.assetId, toolId))
    .orderBy(asc(sql`lower(${toolCavities.during})`));
  return rows.map(({ open, during }) => ({ open, from: during.start, to: during.end }));
}

/** Puts other times in the place of those that were said. */
export async function replaceCavities(
  context: CommandContext,
  toolId: string,
  before: readonly Open[],
  after: readonly Open[],
): Promise<void> {
  await writeCavities(context.tx, toolId, after);
  context.audit({
    action: "tool.set_cavities",
    objectType: "tool",
    objectId: toolId,
    before: { cavityTimes: before },
    after: { cavityTimes: after },
  });
  context.publish(toolChanged, "plant", { toolId });
}

async function writeCavities(tx: Tx, toolId: string, rows: readonly Open[]): Promise<void> {
  await tx.delete(toolCavities).where(eq(toolCavities.assetId, toolId));
  if (rows.length > 0)
    await tx
      .insert(toolCavities)
      .values(
        rows.map(({ open, from, to }) => ({ assetId: toolId, open, during: { start: from, end: to } })),
      );
}

export function fitsOf(tx: Tx, toolId: string): Promise<Fit[]> {
  return tx
    .select({ productId: toolFit.productId, operation: toolFit.operation })
    .from(toolFit)
    .where(eq(toolFit.assetId, toolId))
    .orderBy(asc(toolFit.productId), asc(toolFit.operation));
}

async function writeFits(tx: Tx, toolId: string, fits: readonly Fit[]): Promise<void> {
  await tx.delete(toolFit).where(eq(toolFit.assetId, toolId));
  for (const { productId, operation } of fits) {
    const [known] = await tx.execute(sql`select id from product where id = ${productId}`);
    if (known === undefined) throw new Refusal("not_found", {}, "operations");
    await tx.insert(toolFit).values({ assetId: toolId, productId, operation }).onConflictDoNothing();
  }
}

export async function lockTool(tx: Tx, toolId: string): Promise<typeof physicalAsset.$inferSelect> {
  const [row] = await tx
    .select()
    .from(physicalAsset)
    .where(and(eq(physicalAsset.id, toolId), eq(physicalAsset.kind, "tool")))
    .for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "toolId");
  return row;
}

/** The machine a tool is on. */
export async function machineOf(
  tx: Tx,
  toolId: string,
): Promise<{ mountId: number; machineId: number; name: string } | null> {
  const [row] = await tx.execute<{ mountId: number; machineId: number; name: string }>(sql`
    select x.id::float8 as "mountId", x.machine_id as "machineId", w.name
    from ${assetMount} x join work_unit w on w.id = x.machine_id
    where x.asset_id = ${toolId} and upper_inf(x.during)`);
  return row ?? null;
}
