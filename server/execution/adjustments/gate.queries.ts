import { and, desc, eq, inArray, ne, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { adjustment, adjustmentApproval, tagSuspension } from "#db/schema/execution/adjustments.ts";
import { person } from "#db/schema/execution/people.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { tag } from "#db/schema/device/tags.ts";
import { actions } from "#server/core/access.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { latestOfTags, type LatestSignal } from "#server/execution/detection/signals.queries.ts";
import { stationsOnline } from "#server/execution/people/stations.queries.ts";
import { inFlight } from "./adjustments.rules.ts";
import type { GateInput, GateSignal } from "./gate.rules.ts";
import type { Adjustment } from "./record.ts";

function signal(latest: LatestSignal | undefined): GateSignal | null {
  if (latest === undefined || latest.at === null) return null;
  const { name, at, quality, freshMs } = latest;
  return { name, value: latest.num ?? latest.txt, at, quality, freshMs };
}

export interface GateOutside {
  readonly now: number;
  readonly edgeOnline: boolean;
  /** A station counts as online when it was seen within this long, ms. */
  readonly stationMs: number;
}

/** Everything the gate looks at, as Postgres knows it in this transaction. */
export async function gateInput(tx: Tx, row: Adjustment, outside: GateOutside): Promise<GateInput> {
  const { now, edgeOnline, stationMs } = outside;
  const [machine] = await tx.select().from(workUnit).where(eq(workUnit.id, row.machineId));
  const tags = await tx
    .select()
    .from(tag)
    .where(and(eq(tag.machineId, row.machineId), eq(tag.enabled, true)));
  const target = tags.find((t) => t.id === row.tagId);
  if (machine === undefined || target === undefined) throw new Refusal("not_found");
  const guardTag = tags.find((t) => t.meaning === "guard");
  const remoteTag = tags.find((t) => t.meaning === "remote");
  const needed = [
    row.tagId,
    guardTag?.id,
    remoteTag?.id,
    ...row.plan.inputs,
    ...row.plan.permissives.map((p) => p.tagId),
  ];
  const latest = await latestOfTags(
    tx,
    needed.filter((id) => id !== undefined),
    now,
  );
  const [suspended] = await tx.select().from(tagSuspension).where(eq(tagSuspension.tagId, row.tagId));
  const [last] = await tx
    .select({ sentAt: adjustment.sentAt })
    .from(adjustment)
    .where(and(eq(adjustment.tagId, row.tagId), sql`${adjustment.sentAt} is not null`))
    .orderBy(desc(adjustment.sentAt))
    .limit(1);
  // The tag's limits as they are now count as well as those the proposal was made under.
  const today = target.writable;
  const { limits } = row;
  return {
    now,
    notAfter: row.notAfter.getTime(),
    approvals: { valid: await validApprovals(tx, row.id), needed: row.approvalsNeeded },
    machine: {
      automationOff: machine.automationOff,
      maintenanceLock: machine.maintenanceLock?.name ?? null,
      guard: guardTag === undefined ? undefined : signal(latest.get(guardTag.id)),
      remote: remoteTag === undefined ? null : signal(latest.get(remoteTag.id)),
    },
    suspended: suspended !== undefined,
    stationsOnline: (await stationsOnline(tx, row.machineId, now, stationMs)).length,
    edgeOnline,
    badge: { needed: limits.atMachine, given: row.confirmedBy !== null },
    permissives: row.plan.permissives.map((p) => ({
      signal: signal(latest.get(p.tagId)),
      name: latest.get(p.tagId)?.name ?? String(p.tagId),
      op: p.op,
      value: p.value,
    })),
    inputs: row.plan.inputs.map(
      (id) => signal(latest.get(id)) ?? { name: latest.get(id)?.name ?? String(id), at: null },
    ),
    otherAlarm: await alarmOnTarget(tx, row),
    otherOutstanding: await otherOutstanding(tx, row),
    target: {
      value: row.newValue,
      expected: row.oldValue,
      current: signal(latest.get(row.tagId)),
      min: Math.max(limits.min, today?.min ?? Infinity),
      max: Math.min(limits.max, today?.max ?? -Infinity),
      maxStep: Math.min(limits.maxStep, today?.maxStep ?? 0),
      tolerance: limits.tolerance,
      minIntervalMs: Math.max(limits.minIntervalMs, today?.minIntervalMs ?? 0),
      lastSentAt: last?.sentAt?.getTime() ?? null,
      unit: target.unit ?? "",
    },
  };
}

/** Approvals of people who may still decide: a role that was taken away since counts no longer. */
async function validApprovals(tx: Tx, adjustmentId: string): Promise<number> {
  const rows = await tx
    .select({ roles: person.roles })
    .from(adjustmentApproval)
    .innerJoin(person, eq(person.id, adjustmentApproval.personId))
    .where(and(eq(adjustmentApproval.adjustmentId, adjustmentId), eq(person.active, true)));
  const may: readonly string[] = actions["adjustment.decide"];
  return rows.filter(({ roles }) => roles.some((role) => may.includes(role))).length;
}

/**
 * An alarm on the target other than the one this change answers: one that guards the machine, or one about the same
 * set-point or process value. Shelved ones count: what is put aside is still true.
 */
async function alarmOnTarget(tx: Tx, row: Adjustment): Promise<string | null> {
  const about = [row.tagId, ...(row.plan.process === null ? [] : [row.plan.process.tagId])];
  const rows = await tx.execute<{ kind: string }>(sql`
    select kind from alarm
    where machine_id = ${row.machineId} and state <> 'normal' and active
      and (blocks_changes or tag_id in (${sql.join(
        about.map((id) => sql`${id}`),
        sql`, `,
      )}))
      and (deviation_id is null or deviation_id is distinct from ${row.deviationId})
    order by priority limit 1`);
  return rows[0]?.kind ?? null;
}

async function otherOutstanding(tx: Tx, row: Adjustment): Promise<boolean> {
  const [other] = await tx
    .select({ id: adjustment.id })
    .from(adjustment)
    .where(
      and(
        eq(adjustment.machineId, row.machineId),
        ne(adjustment.id, row.id),
        inArray(adjustment.state, [...inFlight]),
      ),
    )
    .limit(1);
  return other !== undefined;
}
