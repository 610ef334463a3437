import { eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import { stopReason, stopReasonClass } from "#db/schema/execution/production.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddStopReason, ChangeStopReason, mostReasons } from "./reasons.contract.ts";
import { reasonsChanged } from "./reasons.facts.ts";

const allow = () => ({ action: "plant.manage" }) as const;

/** @throws Refusal already_taken, limit_reached @returns the new id */
export const addStopReason = defineCommand({
  name: "reason.add",
  input: AddStopReason,
  allow,
  run: async (context, { name, machineKind, planned, changeover }) => {
    const { tx } = context;
    await lockReasons(tx);
    await refuseSameName(tx, name, machineKind, null);
    await refuseTooMany(tx, machineKind);
    const [row] = await tx
      .insert(stopReason)
      .values({ code: `r${context.commandId.slice(0, 8)}`, name, machineKind })
      .returning({ id: stopReason.id });
    const reasonId = row?.id ?? 0;
    if (planned || changeover) await tx.insert(stopReasonClass).values({ reasonId, planned, changeover });
    context.audit({
      action: "reason.add",
      objectType: "stop_reason",
      objectId: String(reasonId),
      after: { name, machineKind, planned, changeover },
    });
    context.publish(reasonsChanged, "plant", { reasonId });
    return { reasonId };
  },
});

/** @throws Refusal not_found, already_taken, limit_reached */
export const changeStopReason = defineCommand({
  name: "reason.change",
  input: ChangeStopReason,
  allow,
  run: async (context, { reasonId, ...given }) => {
    const { tx, now } = context;
    await lockReasons(tx);
    const [before] = await tx.execute<{ name: string; machineKind: string | null } & Flags & Row>(sql`
      select r.name, r.machine_kind as "machineKind", r.active, coalesce(c.planned, false) as planned,
        coalesce(c.changeover, false) as changeover
      from stop_reason r left join stop_reason_class c on c.reason_id = r.id and c.during @> ${instant(now)}
      where r.id = ${reasonId}`);
    if (before === undefined) throw new Refusal("not_found", {}, "reasonId");
    const after = {
      name: given.name ?? before.name,
      active: given.active ?? before.active,
      planned: given.planned ?? before.planned,
      changeover: given.changeover ?? before.changeover,
    };
    if (after.name !== before.name) await refuseSameName(tx, after.name, before.machineKind, reasonId);
    if (after.active && !before.active) await refuseTooMany(tx, before.machineKind);
    await tx
      .update(stopReason)
      .set({ name: after.name, active: after.active })
      .where(eq(stopReason.id, reasonId));
    if (after.planned !== before.planned || after.changeover !== before.changeover) {
      await tx
        .update(stopReasonClass)
        .set({ during: sql`tstzrange(lower(during), ${instant(now)})` })
        .where(sql`reason_id = ${reasonId} and during @> ${instant(now)}`);
      const { planned, changeover } = after;
      await tx
        .insert(stopReasonClass)
        .values({ reasonId, planned, changeover, during: { start: now, end: null } });
    }
    const { name, active, planned, changeover } = before;
    context.audit({
      action: "reason.change",
      objectType: "stop_reason",
      objectId: String(reasonId),
      before: { name, active, planned, changeover },
      after,
    });
    context.publish(reasonsChanged, "plant", { reasonId });
    return { reasonId };
  },
});

type Row = Record<string, unknown>;
interface Flags {
  readonly active: boolean;
  readonly planned: boolean;
  readonly changeover: boolean;
}

/** Two who add the twenty-fifth at once: one of them hears that the list is full. */
async function lockReasons(tx: Tx): Promise<void> {
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

/** Reasons for every kind stand in each kind's list. */
async function refuseTooMany(tx: Tx, machineKind: string | null): Promise<void> {
  const [row] = await tx.execute<{ n: number }>(sql`
    with own as (select machine_kind, count(*)::int as n from stop_reason where active group by machine_kind)
    select coalesce((select n from own where machine_kind is null), 0)
      + coalesce((select max(n) from own where machine_kind is not null
          and (${machineKind}::text is null or machine_kind = ${machineKind})), 0) as n`);
  if ((row?.n ?? 0) >= mostReasons) throw new Refusal("limit_reached", { limit: mostReasons }, "name");
}
