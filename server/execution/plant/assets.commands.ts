import { eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { assetMount, physicalAsset, workUnit } from "#db/schema/execution/plant.ts";
import { instant } from "#db/sql.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { PlaceAsset, type PlacedAsset, RemoveAsset } from "./assets.contract.ts";
import { assetsAt } from "./assets.queries.ts";
import { plantChanged } from "./plant.facts.ts";

const allow = () => ({ action: "plant.manage" }) as const;

/**
 * Another physical machine stands at a place from a time on; what the place made stays the place's.
 * @throws Refusal not_found, asset_name_needed, asset_is_tool, before_last_move, value_out_of_range
 */
export const placeAsset = defineCommand({
  name: "plant.place_asset",
  input: PlaceAsset,
  allow,
  run: async (context, { machineId, serial, name, at = context.now }) => {
    const { tx } = context;
    await lockPlace(tx, machineId);
    const assetId = await assetOf(tx, serial, name);
    const [here] = await standing(tx, machineId);
    if (here?.assetId === assetId) return { assetId };
    await refuseTime(context, machineId, assetId, at);
    await tx.execute(sql`
      update asset_mount set during = tstzrange(lower(during), ${instant(at)})
      where upper_inf(during) and (asset_id = ${assetId}::uuid or id in (
        select m.id from asset_mount m join physical_asset a on a.id = m.asset_id and a.kind = 'machine'
        where m.machine_id = ${machineId} and upper_inf(m.during)))`);
    await tx.insert(assetMount).values({ machineId, assetId, during: { start: at, end: null } });
    tell(context, machineId, here, serial);
    return { assetId };
  },
});

/** Nothing stands at a place from a time on. @throws Refusal not_found, before_last_move, value_out_of_range */
export const removeAsset = defineCommand({
  name: "plant.remove_asset",
  input: RemoveAsset,
  allow,
  run: async (context, { machineId, at = context.now }) => {
    const { tx } = context;
    await lockPlace(tx, machineId);
    const [here] = await standing(tx, machineId);
    if (here === undefined) return { machineId };
    await refuseTime(context, machineId, here.assetId, at);
    await tx.execute(sql`
      update asset_mount set during = tstzrange(lower(during), ${instant(at)})
      where machine_id = ${machineId} and asset_id = ${here.assetId}::uuid and upper_inf(during)`);
    tell(context, machineId, here, null);
    return { machineId };
  },
});

/** The serial of what stands at a place, as its history names it; the place is locked. Null = there is no such place. */
export async function lockStanding(tx: Tx, machineId: number): Promise<{ asset: string | null } | null> {
  const [place] = await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
  if (place === undefined) return null;
  return { asset: (await standing(tx, machineId))[0]?.serial ?? null };
}

async function standing(tx: Tx, machineId: number): Promise<PlacedAsset[]> {
  return (await assetsAt(tx, machineId)).filter(({ until }) => until === null);
}

async function lockPlace(tx: Tx, machineId: number): Promise<void> {
  const [place] = await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
  if (place === undefined) throw new Refusal("not_found", {}, "machineId");
}

/** The asset of a serial, made if it is named for the first time. */
async function assetOf(tx: Tx, serial: string, name: string | undefined): Promise<string> {
  const [known] = await tx.select().from(physicalAsset).where(eq(physicalAsset.serial, serial)).for("update");
  if (known !== undefined && known.kind !== "machine")
    throw new Refusal("asset_is_tool", { serial }, "serial");
  if (known !== undefined) {
    if (name !== undefined && name !== known.name)
      await tx.update(physicalAsset).set({ name }).where(eq(physicalAsset.id, known.id));
    return known.id;
  }
  if (name === undefined) throw new Refusal("asset_name_needed", { serial }, "name");
  const [made] = await tx
    .insert(physicalAsset)
    .values({ kind: "machine", serial, name })
    .returning({ id: physicalAsset.id });
  return made?.id ?? "";
}

/** Not in the future, and not before the last move of the place or of the asset: that time is told already. */
async function refuseTime(
  { tx, now }: CommandContext,
  machineId: number,
  assetId: string,
  at: number,
): Promise<void> {
  if (at > now) throw new Refusal("value_out_of_range", { low: "–", high: "0 h" }, "at");
  const [last] = await tx.execute<{ at: number | null }>(sql`
    select (extract(epoch from max(greatest(lower(m.during), coalesce(upper(m.during), lower(m.during))))) * 1000)::float8 as at
    from asset_mount m join physical_asset a on a.id = m.asset_id and a.kind = 'machine'
    where m.machine_id = ${machineId} or m.asset_id = ${assetId}::uuid`);
  if (last?.at != null && at < last.at) throw new Refusal("before_last_move", { at: last.at }, "at");
}

function tell(
  context: CommandContext,
  machineId: number,
  before: PlacedAsset | undefined,
  serial: string | null,
): void {
  context.audit({
    action: serial === null ? "plant.remove_asset" : "plant.place_asset",
    objectType: "machine",
    objectId: String(machineId),
    machineId,
    before: { asset: before?.serial ?? null },
    after: { asset: serial },
  });
  context.publish(plantChanged, "plant", { machineId });
}
