import { and, eq, ne } from "drizzle-orm";
import { z } from "zod";
import { alarm, alarmEvent } from "#db/schema/execution/alarms.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import {
  type alarmEventKinds,
  ClearAlarm,
  RaiseAlarm,
  ShelveAlarm,
  TakeAlarm,
  UnshelveAlarm,
} from "./alarms.contract.ts";
import { alarmChanged, alarmRaised } from "./alarms.facts.ts";
import { alarmCard } from "./alarms.queries.ts";
import { moveAlarm, moveAtEnd, whyNotShelve } from "./alarms.rules.ts";

type Row = typeof alarm.$inferSelect;
type EventKind = (typeof alarmEventKinds)[number];

interface Change {
  readonly event: EventKind;
  readonly set: Partial<typeof alarm.$inferInsert>;
  readonly sourceAt?: number;
  readonly reason?: string;
}

/** One step of an alarm: the row, its journal, the audit, and the card for whoever draws it. */
async function change(
  context: CommandContext,
  before: Row,
  { event, set, sourceAt, reason }: Change,
): Promise<void> {
  const { tx, now, actor } = context;
  const closed = set.state === "normal" ? { closedAt: new Date(now) } : {};
  await tx
    .update(alarm)
    .set({ ...set, ...closed, version: before.version + 1 })
    .where(eq(alarm.id, before.id));
  await note(context, before.id, event, sourceAt, reason);
  context.audit({
    action: `alarm.${event}`,
    objectType: "alarm",
    objectId: before.id,
    machineId: before.machineId ?? undefined,
    before: { state: before.state },
    after: { state: set.state ?? before.state, kind: before.kind, by: actor.name },
    reason,
  });
  await tell(context, before.id, before.machineId, "changed");
}

async function note(
  { tx, now, actor }: CommandContext,
  alarmId: string,
  kind: EventKind,
  sourceAt?: number,
  reason?: string,
): Promise<void> {
  await tx.insert(alarmEvent).values({
    alarmId,
    at: new Date(now),
    sourceAt: sourceAt === undefined ? null : new Date(sourceAt),
    kind,
    actor,
    reason: reason ?? null,
  });
}

async function tell(
  context: CommandContext,
  alarmId: string,
  machineId: number | null,
  what: "raised" | "changed",
): Promise<void> {
  const card = await alarmCard(context.tx, alarmId);
  if (card === null) throw new Error(`alarm ${alarmId} is gone`);
  const scope = machineId === null ? "plant" : `machine:${machineId}`;
  context.publish(what === "raised" ? alarmRaised : alarmChanged, scope, { alarmId, machineId, card });
}

const byService = () => ({ action: "system.act" as const });

/** The condition is true. One condition, one alarm: said twice, it is still one. */
export const raiseAlarm = defineCommand({
  name: "alarm.raise",
  input: RaiseAlarm,
  allow: byService,
  run: async (context, input) => {
    const { tx, now } = context;
    const { since, ...values } = input;
    const [fresh] = await tx
      .insert(alarm)
      .values({ ...values, state: "unack", active: true, since: new Date(since), raisedAt: new Date(now) })
      .onConflictDoNothing()
      .returning();
    if (fresh !== undefined) {
      await note(context, fresh.id, "raised", since);
      context.audit({
        action: "alarm.raised",
        objectType: "alarm",
        objectId: fresh.id,
        machineId: input.machineId ?? undefined,
        after: { kind: input.kind, params: input.params, since },
      });
      await tell(context, fresh.id, fresh.machineId, "raised");
      return { alarmId: fresh.id };
    }
    const [row] = await openByKey(context, input.key);
    if (row === undefined) throw new Error(`alarm ${input.key} is neither open nor new`);
    const next = moveAlarm(row, "raise");
    if (next !== null) {
      const { params, deviationId, causeRuleId, instructionCode } = input;
      await change(context, row, {
        event: "raised_again",
        set: {
          ...next,
          params,
          deviationId,
          causeRuleId,
          instructionCode,
          since: new Date(since),
          clearedAt: null,
        },
        sourceAt: since,
      });
    }
    return { alarmId: row.id };
  },
});

async function openByKey({ tx }: CommandContext, key: string): Promise<Row[]> {
  return tx
    .select()
    .from(alarm)
    .where(and(eq(alarm.key, key), ne(alarm.state, "normal")))
    .for("update");
}

/** The condition is gone. */
export const clearAlarm = defineCommand({
  name: "alarm.clear",
  input: ClearAlarm,
  allow: byService,
  run: async (context, { key, at }) => {
    const [row] = await openByKey(context, key);
    const next = row === undefined ? null : moveAlarm(row, moveAtEnd(row.kind));
    if (row === undefined || next === null) return {};
    await change(context, row, {
      event: "returned",
      set: { ...next, clearedAt: new Date(at) },
      sourceAt: at,
    });
    return { alarmId: row.id };
  },
});

async function lockAlarm({ tx }: CommandContext, id: string): Promise<Row> {
  const [row] = await tx.select().from(alarm).where(eq(alarm.id, id)).for("update");
  if (row === undefined) throw new Refusal("not_found");
  return row;
}

/** Takes it: acknowledges this occurrence by name. Who comes second hears who was first. */
export const takeAlarm = defineCommand({
  name: "alarm.take",
  input: TakeAlarm,
  allow: () => ({ action: "alarm.take" }),
  run: async (context, { alarmId }) => {
    const { now, actor } = context;
    const row = await lockAlarm(context, alarmId);
    const next = moveAlarm(row, "take");
    if (next === null) {
      if (row.takenBy !== null && row.takenBy === actor.personId) return { alarmId };
      if (row.takenName !== null)
        throw new Refusal("already_decided", { name: row.takenName, state: row.state });
      throw new Refusal("wrong_state", { state: row.state });
    }
    await change(context, row, {
      event: "taken",
      set: { ...next, takenAt: new Date(now), takenBy: actor.personId ?? null, takenName: actor.name },
    });
    return { alarmId };
  },
});

/** Puts it aside for a while, with a reason. It goes on being watched and comes back by itself. */
export const shelveAlarm = defineCommand({
  name: "alarm.shelve",
  input: ShelveAlarm,
  allow: () => ({ action: "alarm.shelve" }),
  run: async (context, { alarmId, minutes, reason }) => {
    const { now, actor } = context;
    const row = await lockAlarm(context, alarmId);
    const refusal = whyNotShelve(row);
    if (refusal !== null) throw refusal;
    await change(context, row, {
      event: "shelved",
      set: {
        state: "shelved",
        shelvedAt: new Date(now),
        shelvedUntil: new Date(now + minutes * 60_000),
        shelvedName: actor.name,
        shelveReason: reason,
      },
      reason,
    });
    return { alarmId };
  },
});

const noShelf = { shelvedAt: null, shelvedUntil: null, shelvedName: null, shelveReason: null };

async function unshelve(context: CommandContext, row: Row): Promise<void> {
  const next = moveAlarm(row, "unshelve");
  if (next === null) throw new Refusal("wrong_state", { state: row.state });
  const again = next.state === "unack" ? { takenAt: null, takenBy: null, takenName: null } : {};
  await change(context, row, { event: "unshelved", set: { ...next, ...noShelf, ...again } });
}

export const unshelveAlarm = defineCommand({
  name: "alarm.unshelve",
  input: UnshelveAlarm,
  allow: () => ({ action: "alarm.shelve" }),
  run: async (context, { alarmId }) => {
    await unshelve(context, await lockAlarm(context, alarmId));
    return { alarmId };
  },
});

/** The shelf's time is over: what is true now decides. */
export const expireShelf = defineCommand({
  name: "alarm.expireShelf",
  input: UnshelveAlarm,
  allow: byService,
  run: async (context, { alarmId }) => {
    const row = await lockAlarm(context, alarmId);
    if (row.shelvedUntil !== null && row.shelvedUntil.getTime() <= context.now) await unshelve(context, row);
    return {};
  },
});

/** Something the card shows is another one (an instruction's step, an adjustment): a newer card is drawn. */
export const refreshCard = defineCommand({
  name: "alarm.refresh",
  input: z.object({ alarmId: z.uuid() }),
  allow: byService,
  run: async (context, { alarmId }) => {
    const row = await lockAlarm(context, alarmId);
    await context.tx
      .update(alarm)
      .set({ version: row.version + 1 })
      .where(eq(alarm.id, alarmId));
    await tell(context, alarmId, row.machineId, "changed");
    return {};
  },
});
