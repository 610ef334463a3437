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
    const there = await tx.execute<{ serial: string }>(sql`
      select a.serial from asset_mount x join physical_asset a on a.id = x.asset_id
      where x.machine_id = ${machineId} and a.kind = 'tool' and upper_inf(x.during) order by a.serial`);
    const why = whyNotMount({
      serial: tool.serial,
      active: tool.active,
      on: (await machineOf(tx, toolId))?.name ?? null,
      there: there.map(({ serial }) => serial),
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
