import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { stopReasonGroup } from "#db/schema/execution/production.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { lockReasons } from "./reasons.commands.ts";
import { AddReasonGroup, ChangeReasonGroup, MoveReasonGroup, RemoveReasonGroup } from "./reasons.contract.ts";
import { reasonsChanged } from "./reasons.facts.ts";
import { listReasonGroups } from "./reasons.queries.ts";
import { codeOfNewName } from "./reasons.rules.ts";

const allow = () => ({ action: "plant.manage" }) as const;

/** Adds a heading, as the last one. @throws Refusal already_taken @returns the new id */
export const addReasonGroup = defineCommand({
  name: "reason_group.add",
  input: AddReasonGroup,
  allow,
  run: async (context, { name }) => {
    const { tx } = context;
    await lockReasons(tx);
    await refuseSameName(tx, name, null);
    const position = (await listReasonGroups(tx)).length;
    const [row] = await tx
      .insert(stopReasonGroup)
      .values({ code: newCode(), name, position })
      .returning({ id: stopReasonGroup.id });
    const groupId = row?.id ?? 0;
    tell(context, "reason_group.add", groupId, undefined, { name, place: position });
    return { groupId };
  },
});

/** @throws Refusal not_found, already_taken */
export const changeReasonGroup = defineCommand({
  name: "reason_group.change",
  input: ChangeReasonGroup,
  allow,
  run: async (context, { groupId, name }) => {
    const { tx } = context;
    await lockReasons(tx);
    const before = await groupFields(tx, groupId);
    if (before === null) throw new Refusal("not_found", {}, "groupId");
    await refuseSameName(tx, name, groupId);
    const code = name === before.name ? before.code : codeOfNewName(before.code, newCode());
    await tx.update(stopReasonGroup).set({ code, name }).where(eq(stopReasonGroup.id, groupId));
    tell(context, "reason_group.change", groupId, { code: before.code, name: before.name }, { code, name });
    return { groupId };
  },
});

/** Puts a heading at a place among the others. @throws Refusal not_found */
export const moveReasonGroup = defineCommand({
  name: "reason_group.move",
  input: MoveReasonGroup,
  allow,
  run: async (context, { groupId, to }) => {
    const { tx } = context;
    await lockReasons(tx);
    const before = await groupFields(tx, groupId);
    if (before === null) throw new Refusal("not_found", {}, "groupId");
    const others = (await listReasonGroups(tx)).map(({ id }) => id).filter((id) => id !== groupId);
    const place = Math.min(to, others.length);
    const order = others.toSpliced(place, 0, groupId);
    for (const [position, id] of order.entries())
      await tx.update(stopReasonGroup).set({ position }).where(eq(stopReasonGroup.id, id));
    if (place !== before.place)
      tell(context, "reason_group.move", groupId, { place: before.place }, { place });
    return { groupId };
  },
});

/** Takes away a heading under which no reason stands. @throws Refusal not_found, group_not_empty */
export const removeReasonGroup = defineCommand({
  name: "reason_group.remove",
  input: RemoveReasonGroup,
  allow,
  run: async (context, { groupId }) => {
    const { tx } = context;
    await lockReasons(tx);
    const before = await groupFields(tx, groupId);
    if (before === null) throw new Refusal("not_found", {}, "groupId");
    const [inside] = await tx.execute<{ active: number }>(
      sql`select count(*)::int as active from stop_reason where group_id = ${groupId} and active`,
    );
    if ((inside?.active ?? 0) > 0)
      throw new Refusal("group_not_empty", { name: before.name, count: inside?.active ?? 0 });
    // Reasons that were put away keep their stops; under which heading they stood is of no use any more.
    await tx.execute(sql`update stop_reason set group_id = null where group_id = ${groupId}`);
    await tx.delete(stopReasonGroup).where(eq(stopReasonGroup.id, groupId));
    tell(context, "reason_group.remove", groupId, before, undefined);
    return { groupId };
  },
});

const newCode = () => `g${randomUUID().slice(0, 8)}`;

/** Code, name and place of a group; null = there is none. */
export async function groupFields(
  tx: Tx,
  groupId: number,
): Promise<{ code: string; name: string; place: number } | null> {
  const groups = await listReasonGroups(tx);
  const place = groups.findIndex(({ id }) => id === groupId);
  const found = groups[place];
  return found === undefined ? null : { code: found.code, name: found.name, place };
}

async function refuseSameName(tx: Tx, name: string, but: number | null): Promise<void> {
  const same = (await listReasonGroups(tx)).some(
    (group) => group.id !== but && group.name.toLowerCase() === name.toLowerCase(),
  );
  if (same) throw new Refusal("already_taken", { value: name }, "name");
}

function tell(
  context: CommandContext,
  action: "reason_group.add" | "reason_group.change" | "reason_group.move" | "reason_group.remove",
  groupId: number,
  before: object | undefined,
  after: object | undefined,
): void {
  context.audit({ action, objectType: "stop_reason_group", objectId: String(groupId), before, after });
  context.publish(reasonsChanged, "plant", { reasonId: 0 });
}
