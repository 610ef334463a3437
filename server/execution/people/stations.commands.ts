import { eq, inArray } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { badgeSession } from "#db/schema/core/auth.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { station, stationCode, stationMachine, stationToken } from "#db/schema/execution/stations.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { ChangeStation, MakeStation, MakeStationCode, RevokeStation } from "./stations.contract.ts";
import { stationChanged } from "./people.facts.ts";
import { newCode, tokenHash } from "#server/core/tokens.ts";

const allow = () => ({ action: "station.manage" }) as const;

/** Makes a station and the code with which a device becomes it. @returns the code, shown once */
export const makeStation = defineCommand({
  name: "station.make",
  input: MakeStation,
  allow,
  run: async (context, { machineIds, codeMinutes, codeUses, ...given }) => {
    const { tx, now } = context;
    const [row] = await tx
      .insert(station)
      .values({ ...given, createdAt: new Date(now) })
      .onConflictDoNothing()
      .returning({ id: station.id });
    if (row === undefined) throw new Refusal("already_taken", { value: given.name }, "name");
    await setMachines(tx, row.id, machineIds);
    const code = await giveCode(context, row.id, codeMinutes, codeUses);
    context.audit({
      action: "station.make",
      objectType: "station",
      objectId: row.id,
      after: { ...given, machineIds, codeMinutes, codeUses },
    });
    context.publish(stationChanged, `station:${row.id}`, { stationId: row.id, revoked: false });
    return code;
  },
});

/** A new code for a station whose device was lost, replaced or shut out; older codes end. */
export const makeStationCode = defineCommand({
  name: "station.make_code",
  input: MakeStationCode,
  allow,
  run: async (context, { stationId, codeMinutes, codeUses }) => {
    const { tx } = context;
    await lockStation(tx, stationId);
    await tx.delete(stationCode).where(eq(stationCode.stationId, stationId));
    await tx.update(station).set({ revokedAt: null }).where(eq(station.id, stationId));
    const code = await giveCode(context, stationId, codeMinutes, codeUses);
    context.audit({
      action: "station.make_code",
      objectType: "station",
      objectId: stationId,
      after: { codeMinutes, codeUses },
    });
    return code;
  },
});

/** Changes what a station is called, shows and looks like. */
export const changeStation = defineCommand({
  name: "station.change",
  input: ChangeStation,
  allow,
  run: async (context, { stationId, machineIds, ...changes }) => {
    const { tx } = context;
    const before = await lockStation(tx, stationId);
    if (Object.keys(changes).length > 0)
      await tx.update(station).set(changes).where(eq(station.id, stationId));
    if (machineIds !== undefined) {
      await tx.delete(stationMachine).where(eq(stationMachine.stationId, stationId));
      await setMachines(tx, stationId, machineIds);
    }
    const { name, language, theme, mmPerPx } = before;
    const after = { ...changes, ...(machineIds === undefined ? {} : { machineIds }) };
    context.audit({
      action: "station.change",
      objectType: "station",
      objectId: stationId,
      before: { name, language, theme, mmPerPx },
      after,
    });
    context.publish(stationChanged, `station:${stationId}`, { stationId, revoked: false });
    return { stationId };
  },
});

/** Shuts every device of a station out at once, and whoever is signed on there. */
export const revokeStation = defineCommand({
  name: "station.revoke",
  input: RevokeStation,
  allow,
  run: async (context, { stationId }) => {
    const { tx } = context;
    const before = await lockStation(tx, stationId);
    await tx
      .update(station)
      .set({ revokedAt: new Date(context.now) })
      .where(eq(station.id, stationId));
    await tx.delete(stationToken).where(eq(stationToken.stationId, stationId));
    await tx.delete(stationCode).where(eq(stationCode.stationId, stationId));
    await tx.delete(badgeSession).where(eq(badgeSession.stationId, stationId));
    context.audit({
      action: "station.revoke",
      objectType: "station",
      objectId: stationId,
      before: { name: before.name },
    });
    context.publish(stationChanged, `station:${stationId}`, { stationId, revoked: true });
    return { stationId };
  },
});

async function giveCode(context: CommandContext, stationId: string, minutes: number, uses: number | null) {
  refuseLongCode(context.actor, minutes, uses);
  const code = newCode();
  const expiresAt = context.now + minutes * 60_000;
  await context.tx
    .insert(stationCode)
    .values({ codeHash: tokenHash(code), stationId, expiresAt: new Date(expiresAt), usesLeft: uses });
  return { stationId, code, expiresAt };
}

/** People make codes that work once within the hour; only a demo's seed makes others. */
function refuseLongCode(actor: Actor, minutes: number, uses: number | null): void {
  if (actor.kind === "service") return;
  if (minutes > 60) throw new Refusal("value_out_of_range", { low: 1, high: 60 }, "codeMinutes");
  if (uses !== 1) throw new Refusal("value_out_of_range", { low: 1, high: 1 }, "codeUses");
}

async function lockStation(tx: Tx, stationId: string): Promise<typeof station.$inferSelect> {
  const [row] = await tx.select().from(station).where(eq(station.id, stationId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "stationId");
  return row;
}

async function setMachines(tx: Tx, stationId: string, machineIds: readonly number[]): Promise<void> {
  const wanted = [...new Set(machineIds)];
  const known = await tx.select({ id: workUnit.id }).from(workUnit).where(inArray(workUnit.id, wanted));
  if (known.length !== wanted.length) throw new Refusal("not_found", {}, "machineIds");
  await tx.insert(stationMachine).values(wanted.map((machineId) => ({ stationId, machineId })));
}
