import { and, eq, ne } from "drizzle-orm";
import { z } from "zod";
import { tag } from "#db/schema/device/tags.ts";
import { alarm } from "#db/schema/execution/alarms.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import { defineReaction, type Reaction, type ReactionContext } from "#server/core/runner.ts";
import { adjustmentChanged } from "#server/execution/adjustments/adjustments.facts.ts";
import { instructionChanged } from "#server/execution/guidance/guidance.facts.ts";
import { edgeEventFact } from "#server/execution/ingest/ingest.facts.ts";
import { signalChanged, stateChanged } from "#server/execution/machine-state/machine-state.facts.ts";
import { plantChanged } from "#server/execution/plant/plant.facts.ts";
import { clearAlarm, raiseAlarm, refreshCard } from "./alarms.commands.ts";
import type { RaiseAlarm } from "./alarms.contract.ts";
import { alarmsOfDeviation } from "./alarms.queries.ts";

const actor = serviceActor("alarms");

type Plain = Pick<RaiseAlarm, "key" | "kind" | "priority" | "since" | "params" | "blocksChanges"> &
  Partial<Pick<RaiseAlarm, "machineId" | "tagId" | "instructionCode">>;

async function raise({ tx, now }: ReactionContext, factId: number, condition: Plain): Promise<void> {
  await raiseAlarm.within({ tx, now, actor }, stableId(`alarm:${factId}:${condition.key}`), {
    machineId: null,
    tagId: null,
    instructionCode: null,
    deviationId: null,
    causeRuleId: null,
    ...condition,
  });
}

/** Clears only where there is something to clear: most changes of state have no alarm behind them. */
async function clear({ tx, now }: ReactionContext, factId: number, key: string, at: number): Promise<void> {
  const [open] = await tx
    .select({ id: alarm.id })
    .from(alarm)
    .where(and(eq(alarm.key, key), ne(alarm.state, "normal")));
  if (open !== undefined)
    await clearAlarm.within({ tx, now, actor }, stableId(`clear:${factId}:${key}`), { key, at });
}

/** A machine that was put away asks nobody for anything any more. */
async function isPutAway({ tx }: ReactionContext, machineId: number): Promise<boolean> {
  const [row] = await tx
    .select({ retiredAt: workUnit.retiredAt })
    .from(workUnit)
    .where(eq(workUnit.id, machineId));
  return row !== undefined && row.retiredAt !== null;
}

async function machineName({ tx }: ReactionContext, machineId: number): Promise<string> {
  const [row] = await tx.select({ name: workUnit.name }).from(workUnit).where(eq(workUnit.id, machineId));
  return row?.name ?? String(machineId);
}

/** An open guard is said at once; nothing is written to the machine while it is. We never reset it. */
const guard = defineReaction("alarms.guard", signalChanged, async (context, { id, data }) => {
  if (data.signal !== "guard") return;
  const { machineId, at } = data;
  const key = `guard:${machineId}`;
  if (!data.on) return clear(context, id, key, at);
  const params = { machine: await machineName(context, machineId) };
  await raise(context, id, {
    key,
    kind: "guard_open",
    priority: 2,
    machineId,
    since: at,
    params,
    blocksChanges: true,
  });
});

const noData = defineReaction("alarms.noData", stateChanged, async (context, { id, data }) => {
  const { machineId, word, since } = data;
  const key = `no_data:${machineId}`;
  if (word !== "no_data") return clear(context, id, key, since);
  if (await isPutAway(context, machineId)) return;
  const params = { machine: await machineName(context, machineId) };
  await raise(context, id, {
    key,
    kind: "no_data",
    priority: 3,
    machineId,
    since,
    params,
    blocksChanges: true,
  });
});

/** What the edge journals of a reflex (server/edge/reflexes.ts): raised, or cleared once the value came back. */
const ReflexEvent = z.looseObject({
  reflex: z.string(),
  tagId: z.number().int(),
  value: z.union([z.number(), z.string(), z.boolean()]).nullable(),
  change: z.enum(["raised", "cleared"]),
  action: z.enum(["report", "block_remote", "request_stop"]).default("report"),
});

/** What the edge did by itself, with the server away or not: reported with the time at which it happened. */
const reflex = defineReaction("alarms.reflex", edgeEventFact, async (context, { id, data }) => {
  if (data.kind !== "reflex" || data.machineId === null || data.historical) return;
  const event = ReflexEvent.parse(data.data);
  const key = `reflex:${event.reflex}`;
  if (event.change === "cleared") return clear(context, id, key, data.at);
  const [signal] = await context.tx.select().from(tag).where(eq(tag.id, event.tagId));
  const value = typeof event.value === "number" ? Math.round(event.value * 10) / 10 : String(event.value);
  await raise(context, id, {
    key,
    kind: "reflex",
    priority: event.action === "request_stop" ? 1 : 2,
    machineId: data.machineId,
    tagId: event.tagId,
    since: data.at,
    params: {
      machine: await machineName(context, data.machineId),
      tag: signal?.name ?? "",
      value,
      unit: signal?.unit ?? "",
      action: event.action,
    },
    blocksChanges: true,
    instructionCode: event.action === "request_stop" ? "restart-after-stop" : null,
  });
});

/** What stood on a machine when it was put away ends with that: nobody could bring it back to normal. */
const putAway = defineReaction("alarms.putAway", plantChanged, async (context, { id, data }) => {
  const { machineId } = data;
  if (machineId === null || !(await isPutAway(context, machineId))) return;
  const standing = await context.tx
    .select({ key: alarm.key })
    .from(alarm)
    .where(and(eq(alarm.machineId, machineId), ne(alarm.state, "normal")));
  for (const { key } of standing) await clear(context, id, key, context.now);
});

/** A card shows how far the instruction is and what became of the adjustment: it is drawn anew. */
const followInstruction = defineReaction(
  "alarms.instruction",
  instructionChanged,
  async (context, { id, data }) => {
    if (data.alarmId === null) return;
    const { tx, now } = context;
    await refreshCard.within({ tx, now, actor }, stableId(`card:${id}`), { alarmId: data.alarmId });
  },
);

const followAdjustment = defineReaction(
  "alarms.adjustment",
  adjustmentChanged,
  async (context, { id, data }) => {
    if (data.deviationId === null) return;
    const { tx, now } = context;
    for (const alarmId of await alarmsOfDeviation(tx, data.deviationId))
      await refreshCard.within({ tx, now, actor }, stableId(`card:${id}:${alarmId}`), { alarmId });
  },
);

export const alarmReactions: Reaction[] = [
  guard,
  noData,
  reflex,
  putAway,
  followInstruction,
  followAdjustment,
];

/** For the runner: a fact that could not be worked off waits for a person. Taken by hand; never clears by itself. */
export async function raiseParkedAlarm(
  context: ReactionContext,
  reaction: string,
  factId: number,
  error: string,
): Promise<void> {
  await raise(context, factId, {
    key: `parked:${reaction}`,
    kind: "parked",
    priority: 3,
    since: context.now,
    params: { reaction, fact: factId, error: error.slice(0, 200) },
    blocksChanges: false,
  });
}
