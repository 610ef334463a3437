import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { assetMount, physicalAsset } from "#db/schema/execution/plant.ts";
import { toolMaintenance } from "#db/schema/execution/tools.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { lockTool, machineOf } from "./tools.commands.ts";
import { MaintainTool, MountTool, StoreTool } from "./tools.contract.ts";
import { toolChanged, toolMounted } from "./tools.facts.ts";
import { shotsOf } from "./tools.queries.ts";
import { whyNotMount } from "./tools.rules.ts";

/**
 * Puts a tool onto a machine; from then on the machine's cycles are its shots.
 * @throws Refusal not_found, tool_retired, tool_mounted, tool_place_taken, invalid
 */
export const mountTool = defineCommand({
  name: "tool.mount",
  input: MountTool,
  allow: ({ machineId }) => ({ action: "tool.move", scope: { machineId } }),
  run: async (context, { toolId, machineId, at: given }) => {
    const { tx, now } = context;
    // The machine first, as whoever starts a job does.
    const [machine] = await tx.execute<{ name: string; positions: number }>(
      sql`select name, positions from work_unit where id = ${machineId} for no key update`,
    );
    if (machine === undefined) throw new Refusal("not_found", {}, "machineId");
    const tool = await lockTool(tx, toolId);
    const there = await toolsOn(tx, machineId);
    const why = whyNotMount({
      serial: tool.serial,
      active: tool.active,
      on: (await machineOf(tx, toolId))?.name ?? null,
      there,
      places: machine.positions,
      machine: machine.name,
    });
    if (why !== null) throw why;
    const at = timeOf(given, now, await lastMoved(tx, toolId));
    await tx.insert(assetMount).values({ machineId, assetId: toolId, during: { start: at, end: null } });
    await tx.update(physicalAsset).set({ storage: null }).where(eq(physicalAsset.id, toolId));
    context.audit({
      action: "tool.mount",
      objectType: "tool",
      objectId: toolId,
      machineId,
      before: { place: { machine: null, storage: tool.storage } },
      after: { place: { machine: machine.name, at } },
    });
    context.publish(toolChanged, "plant", { toolId });
    context.publish(toolMounted, `machine:${machineId}`, { machineId, toolId, mounted: true, at });
    return { toolId };
  },
});

/** Takes a tool off its machine and says where it lies now. @throws Refusal not_found, invalid */
export const storeTool = defineCommand({
  name: "tool.store",
  input: StoreTool,
  allow: () => ({ action: "tool.move" }),
  run: async (context, { toolId, storage, at: given }) => {
    const { tx, now } = context;
    const tool = await lockTool(tx, toolId);
    const on = await machineOf(tx, toolId);
    const at = timeOf(given, now, await lastMoved(tx, toolId));
    if (on !== null)
      await tx
        .update(assetMount)
        .set({ during: sql`tstzrange(lower(during), ${instant(at)})` })
        .where(eq(assetMount.id, on.mountId));
    await tx.update(physicalAsset).set({ storage }).where(eq(physicalAsset.id, toolId));
    context.audit({
      action: "tool.store",
      objectType: "tool",
      objectId: toolId,
      ...(on === null ? {} : { machineId: on.machineId }),
      before: { place: { machine: on?.name ?? null, storage: tool.storage } },
      after: { place: { storage, at } },
    });
    context.publish(toolChanged, "plant", { toolId });
    if (on !== null)
      context.publish(toolMounted, `machine:${on.machineId}`, {
        machineId: on.machineId,
        toolId,
        mounted: false,
        at,
      });
    return { toolId };
  },
});

/** Where a tool is now, as its record says it; null = it lies nowhere. */
export interface Place {
  readonly machine: string | null;
  readonly storage?: string | null;
  readonly at?: number;
}

/** A mount that was said by mistake was none: the cycles since then are no shots of the tool. */
export async function forgetMount(context: CommandContext, toolId: string, was: Place): Promise<void> {
  const on = await machineOf(context.tx, toolId);
  if (on === null) throw new Refusal("not_undoable");
  await context.tx.delete(assetMount).where(eq(assetMount.id, on.mountId));
  const move = { machineId: on.machineId, mounted: false };
  await movedBack(context, "tool.mount", toolId, [{ machine: on.name }, was], move);
}

/** A tool that was taken off at `at` by mistake has been on its machine all the time. @throws Refusal as `mountTool` */
export async function putBack(
  context: CommandContext,
  toolId: string,
  was: Place,
  at: number,
): Promise<void> {
  const { tx } = context;
  const { serial, active, storage } = await lockTool(tx, toolId);
  const now = { machine: null, storage };
  const [last] = await tx.execute<{ id: number; machineId: number; name: string; positions: number }>(sql`
    select x.id::float8 as id, w.id as "machineId", w.name, w.positions
    from asset_mount x join work_unit w on w.id = x.machine_id
    where x.asset_id = ${toolId} and upper(x.during) = ${instant(at)}`);
  if (was.machine === null || last === undefined)
    return movedBack(context, "tool.store", toolId, [now, was], null);
  const there = await toolsOn(tx, last.machineId);
  const why = whyNotMount({ serial, active, on: null, there, places: last.positions, machine: last.name });
  if (why !== null) throw why;
  await tx
    .update(assetMount)
    .set({ during: sql`tstzrange(lower(during), null)` })
    .where(eq(assetMount.id, last.id));
  const move = { machineId: last.machineId, mounted: true };
  await movedBack(context, "tool.store", toolId, [now, was], move);
}

async function movedBack(
  context: CommandContext,
  action: "tool.mount" | "tool.store",
  toolId: string,
  [before, after]: readonly [Place, Place],
  move: { readonly machineId: number; readonly mounted: boolean } | null,
): Promise<void> {
  const { tx, now } = context;
  const storage = after.storage ?? null;
  await tx.update(physicalAsset).set({ storage }).where(eq(physicalAsset.id, toolId));
  const told = { before: { place: before }, after: { place: after } };
  context.audit({ action, objectType: "tool", objectId: toolId, ...told });
  context.publish(toolChanged, "plant", { toolId });
  if (move !== null) context.publish(toolMounted, `machine:${move.machineId}`, { ...move, toolId, at: now });
}

/** A tool was maintained: its shots are counted anew from then on, and what it had made stands beside it. */
export const maintainTool = defineCommand({
  name: "tool.maintain",
  input: MaintainTool,
  allow: () => ({ action: "tool.move" }),
  run: async (context, { toolId, at: given, note }) => {
    const { tx, now } = context;
    await lockTool(tx, toolId);
    const last = await lastMaintained(tx, toolId);
    const at = timeOf(given, now, last);
    const shots = Math.round(await shotsOf(tx, toolId, at));
    await tx.insert(toolMaintenance).values({ assetId: toolId, at: new Date(at), shots, note: note ?? null });
    context.audit({
      action: "tool.maintain",
      objectType: "tool",
      objectId: toolId,
      before: { maintained: last, shots },
      after: { maintained: at, shots: 0 },
      reason: note,
    });
    context.publish(toolChanged, "plant", { toolId });
    return { toolId, shots };
  },
});

/** A maintenance that was said by mistake was none: the shots before it count again. */
export async function forgetMaintenance(context: CommandContext, toolId: string, at: number): Promise<void> {
  const { tx, now } = context;
  const shots = Math.round(await shotsOf(tx, toolId, now));
  await tx
    .delete(toolMaintenance)
    .where(and(eq(toolMaintenance.assetId, toolId), eq(toolMaintenance.at, new Date(at))));
  context.audit({
    action: "tool.maintain",
    objectType: "tool",
    objectId: toolId,
    before: { maintained: at, shots },
    after: {
      maintained: await lastMaintained(tx, toolId),
      shots: Math.round(await shotsOf(tx, toolId, now)),
    },
  });
  context.publish(toolChanged, "plant", { toolId });
}

/** When it was maintained last; null = never here. */
export async function lastMaintained(tx: Tx, toolId: string): Promise<number | null> {
  const [row] = await tx.execute<{ at: number | null }>(sql`
    select ${epochMs(sql`max(at)`)} as at from tool_maintenance where asset_id = ${toolId}`);
  return row?.at ?? null;
}

/** Serials of the tools that are on a machine. */
async function toolsOn(tx: Tx, machineId: number): Promise<string[]> {
  const rows = await tx.execute<{ serial: string }>(sql`
    select a.serial from asset_mount x join physical_asset a on a.id = x.asset_id
    where x.machine_id = ${machineId} and a.kind = 'tool' and upper_inf(x.during) order by a.serial`);
  return rows.map(({ serial }) => serial);
}

/** When it was put on or taken off last. */
async function lastMoved(tx: Tx, toolId: string): Promise<number | null> {
  const [row] = await tx.execute<{ at: number | null }>(sql`
    select ${epochMs(sql`max(coalesce(upper(during), lower(during)))`)} as at from asset_mount where asset_id = ${toolId}`);
  return row?.at ?? null;
}

/** Not later than now, and not before what was said last. */
function timeOf(given: number | undefined, now: number, after: number | null): number {
  const at = given ?? now;
  if (at > now || (after !== null && at < after))
    throw new Refusal("invalid", { problem: "outside the possible time" }, "at");
  return at;
}
