import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { stopReason, stopReasonClass, stopReasonGroup } from "#db/schema/execution/production.ts";
import { instant } from "#db/sql.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddStopReason, ChangeStopReason, type StopReasonRecord } from "./reasons.contract.ts";
import { reasonsChanged } from "./reasons.facts.ts";
import { listStopReasons } from "./reasons.queries.ts";
import { codeOfNewName, fullest, mostReasons } from "./reasons.rules.ts";

type ReasonFields = Pick<
  StopReasonRecord,
  "code" | "name" | "active" | "groupId" | "machineKind" | "planned" | "changeover"
>;

const allow = () => ({ action: "plant.manage" }) as const;

/** Adds a reason, offered at once. @throws Refusal already_taken, too_many_reasons, not_found @returns the new id */
export const addStopReason = defineCommand({
  name: "reason.add",
  input: AddStopReason,
  allow,
  run: async (context, { planned, changeover, ...said }) => {
    const { tx, now } = context;
    await lockReasons(tx);
    await refuseSameName(tx, said.name, said.machineKind, null);
    await refuseUnknownGroup(tx, said.groupId);
    await refuseTooMany(tx, now, null, { active: true, machineKind: said.machineKind });
    const [row] = await tx
      .insert(stopReason)
      .values({ code: newCode(), ...said })
      .returning({ id: stopReason.id });
    const reasonId = row?.id ?? 0;
    if (planned || changeover) await tx.insert(stopReasonClass).values({ reasonId, planned, changeover });
    tell(context, "reason.add", reasonId, undefined, { ...said, planned, changeover });
    return { reasonId };
  },
});

/** Changes a reason from now on. @throws Refusal not_found, already_taken, too_many_reasons */
export const changeStopReason = defineCommand({
  name: "reason.change",
  input: ChangeStopReason,
  allow,
  run: async (context, { reasonId, ...given }) => {
    const { tx, now } = context;
    await lockReasons(tx);
    const before = await reasonFields(tx, reasonId);
    if (before === null) throw new Refusal("not_found", {}, "reasonId");
    const renamed = given.name !== undefined && given.name !== before.name;
    const after = {
      code: renamed ? codeOfNewName(before.code, newCode()) : before.code,
      name: given.name ?? before.name,
      active: given.active ?? before.active,
      groupId: given.groupId === undefined ? before.groupId : given.groupId,
      machineKind: given.machineKind === undefined ? before.machineKind : given.machineKind,
      planned: given.planned ?? before.planned,
      changeover: given.changeover ?? before.changeover,
    };
    const { code, name, active, groupId, machineKind, planned, changeover } = after;
    if (name !== before.name || machineKind !== before.machineKind)
      await refuseSameName(tx, name, machineKind, reasonId);
    await refuseUnknownGroup(tx, groupId);
    await refuseTooMany(tx, now, reasonId, after);
    await tx
      .update(stopReason)
      .set({ code, name, active, groupId, machineKind })
      .where(eq(stopReason.id, reasonId));
    if (planned !== before.planned || changeover !== before.changeover) {
      await tx
        .update(stopReasonClass)
        .set({ during: sql`tstzrange(lower(during), ${instant(now)})` })
        .where(sql`reason_id = ${reasonId} and during @> ${instant(now)}`);
      await tx
        .insert(stopReasonClass)
        .values({ reasonId, planned, changeover, during: { start: now, end: null } });
    }
    tell(context, "reason.change", reasonId, { ...before }, after);
    return { reasonId };
  },
});

const newCode = () => `r${randomUUID().slice(0, 8)}`;

/** Fields of a reason as its changes name them; null = there is none. */
export async function reasonFields(tx: Tx, reasonId: number): Promise<ReasonFields | null> {
  const [found] = await tx.execute<ReasonFields & Record<string, unknown>>(sql`
    select r.code, r.name, r.active, r.group_id as "groupId", r.machine_kind as "machineKind",
      coalesce(c.planned, false) as planned, coalesce(c.changeover, false) as changeover
    from stop_reason r left join stop_reason_class c on c.reason_id = r.id and upper_inf(c.during)
    where r.id = ${reasonId}`);
  return found ?? null;
}

/** Takes back an addition: a reason that nobody has given yet goes, as if it had never been. @throws Refusal record_in_use */
export async function forgetReason(context: CommandContext, reasonId: number): Promise<void> {
  const { tx } = context;
  const [use] = await tx.execute<{ name: string; stops: number; faults: number }>(sql`
    select r.name, (select count(*)::int from stop_explanation e where e.reason_id = r.id) as stops,
      (select count(*)::int from fault_reason f where f.reason_id = r.id) as faults
    from stop_reason r where r.id = ${reasonId}`);
  if (use === undefined) throw new Refusal("not_found", {}, "reasonId");
  const { name, stops, faults } = use;
  if (stops + faults > 0) throw new Refusal("reason_in_use", { name, count: stops + faults });
  const before = await reasonFields(tx, reasonId);
  await tx.delete(stopReasonClass).where(eq(stopReasonClass.reasonId, reasonId));
  await tx.delete(stopReason).where(eq(stopReason.id, reasonId));
  tell(context, "reason.add", reasonId, { ...before }, undefined);
}

function tell(
  context: CommandContext,
  action: "reason.add" | "reason.change",
  reasonId: number,
  before: object | undefined,
  after: object | undefined,
): void {
  context.audit({ action, objectType: "stop_reason", objectId: String(reasonId), before, after });
  context.publish(reasonsChanged, "plant", { reasonId });
}

/** Two who add the twenty-fifth at once: one of them hears that the list is full. */
export async function lockReasons(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(7403)`);
}

async function refuseSameName(
  tx: Tx,
  name: string,
  machineKind: string | null,
  but: number | null,
): Promise<void> {
  const [same] = await tx.execute(sql`
    select 1 from stop_reason where lower(name) = lower(${name}) and id is distinct from ${but}
      and (machine_kind is null or ${machineKind}::text is null or machine_kind = ${machineKind})`);
  if (same !== undefined) throw new Refusal("already_taken", { value: name }, "name");
}

async function refuseUnknownGroup(tx: Tx, groupId: number | null): Promise<void> {
  if (groupId === null) return;
  const [row] = await tx.select().from(stopReasonGroup).where(eq(stopReasonGroup.id, groupId));
  if (row === undefined) throw new Refusal("not_found", {}, "groupId");
}

/** Whether a machine would offer too many, were this reason (null = a new one) as said. */
async function refuseTooMany(
  tx: Tx,
  now: number,
  reasonId: number | null,
  said: { readonly active: boolean; readonly machineKind: string | null },
): Promise<void> {
  if (!said.active) return;
  const others = (await listStopReasons(tx, now)).filter(({ id }) => id !== reasonId);
  const { kind, count } = fullest([...others, said]);
  if (count <= mostReasons) return;
  const [machine] = await tx.execute<{ name: string }>(sql`
    select name from work_unit where retired_at is null and (${kind}::text is null or kind = ${kind}) order by id limit 1`);
  throw new Refusal(
    "too_many_reasons",
    { machine: machine?.name ?? kind ?? "", count, limit: mostReasons },
    "name",
  );
}
