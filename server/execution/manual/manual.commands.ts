import { randomBytes } from "node:crypto";
import { and, eq, inArray } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { plantChanged } from "../plant/plant.facts.ts";
import { tagsChanged } from "../tags/tags.facts.ts";
import {
  handEdgeCode,
  longestBackMs,
  MakeManual,
  manualDriver,
  manualStaleMs,
  ReportCount,
  ReportState,
} from "./manual.contract.ts";
import { countReported } from "./manual.facts.ts";
import { handTags, store, totalOf } from "./store.ts";

const tags = [
  { meaning: "state", name: "State", datatype: "text", unit: null, decimals: 0 },
  { meaning: "good", name: "Good parts", datatype: "number", unit: "parts", decimals: 0 },
  { meaning: "scrap", name: "Scrap", datatype: "number", unit: "parts", decimals: 0 },
] as const;

/**
 * People speak for this machine: its state and counts are said at its station, and every figure that rests on them
 * is marked *manual*. @throws Refusal has_source when a source says its state already
 */
export const makeManual = defineCommand({
  name: "machine.make_manual",
  input: MakeManual,
  allow: () => ({ action: "plant.manage" }) as const,
  run: async (context, { machineId }) => {
    const { tx } = context;
    const [machine] = await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
    if (machine === undefined) throw new Refusal("not_found", {}, "machineId");
    const speakers = await tx
      .select({ driver: source.driver })
      .from(tag)
      .innerJoin(source, eq(source.id, tag.sourceId))
      .where(and(eq(tag.machineId, machineId), eq(tag.meaning, "state"), eq(tag.enabled, true)));
    if (speakers.some(({ driver }) => driver === manualDriver)) return { machineId };
    if (speakers.length > 0) throw new Refusal("has_source", { name: machine.name }, "machineId");
    const sourceId = await handSource(tx);
    await tx
      .insert(tag)
      .values(tags.map((one) => ({ ...one, sourceId, machineId, metric: `${machine.code}/${one.meaning}` })))
      .onConflictDoUpdate({ target: [tag.sourceId, tag.metric], set: { enabled: true } });
    await tx.update(workUnit).set({ staleMs: manualStaleMs }).where(eq(workUnit.id, machineId));
    context.audit({
      action: "machine.make_manual",
      objectType: "machine",
      objectId: String(machineId),
      machineId,
    });
    context.publish(tagsChanged, "plant", { edgeIds: [] });
    context.publish(plantChanged, "plant", { machineId });
    return { machineId };
  },
});

/**
 * People no longer speak for this machine, so that a source may. What they said stays and counts.
 * @throws Refusal not_manual
 */
export const endManual = defineCommand({
  name: "machine.end_manual",
  input: MakeManual,
  allow: () => ({ action: "plant.manage" }) as const,
  run: async (context, { machineId }) => {
    const { tx } = context;
    const mine = await handTags(tx, machineId);
    await tx
      .update(tag)
      .set({ enabled: false })
      .where(
        inArray(
          tag.id,
          [...mine.values()].map(({ id }) => id),
        ),
      );
    context.audit({
      action: "machine.end_manual",
      objectType: "machine",
      objectId: String(machineId),
      machineId,
    });
    context.publish(tagsChanged, "plant", { edgeIds: [] });
    context.publish(plantChanged, "plant", { machineId });
    return { machineId };
  },
});

/** Says what a manual machine does, now or since a time. @throws Refusal not_manual, value_out_of_range */
export const reportState = defineCommand({
  name: "manual.state",
  input: ReportState,
  allow: ({ machineId }) => ({ action: "count.report", scope: { machineId } }),
  run: async (context, { machineId, word, at = context.now }) => {
    const { tx, now } = context;
    if (at > now || at < now - longestBackMs)
      throw new Refusal("value_out_of_range", { low: "−8 h", high: "0 h" }, "at");
    await store(tx, machineId, await handTags(tx, machineId), [{ meaning: "state", at, value: word }], now);
    context.audit({
      action: "manual.state",
      objectType: "machine",
      objectId: String(machineId),
      machineId,
      after: { word, at },
    });
    return { machineId };
  },
});

/** Counts parts made since the last report. @throws Refusal not_manual */
export const reportCount = defineCommand({
  name: "manual.count",
  input: ReportCount,
  allow: ({ machineId }) => ({ action: "count.report", scope: { machineId } }),
  run: async (context, { machineId, good, scrap }) => {
    const { tx, now } = context;
    const mine = await handTags(tx, machineId);
    // Whoever reports at the same moment waits here: the totals are a sum, and a sum has one writer.
    await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
    const said = [];
    for (const [meaning, more] of [
      ["good", good],
      ["scrap", scrap],
    ] as const) {
      const total = await totalOf(tx, mine.get(meaning)?.id ?? 0);
      // A counter counts differences: before its first part it has to have said 0.
      if (total === 0) said.push({ meaning, at: now - 1, value: 0 });
      said.push({ meaning, at: now, value: total + more });
    }
    await store(tx, machineId, mine, said, now);
    context.audit({
      action: "manual.count",
      objectType: "machine",
      objectId: String(machineId),
      machineId,
      after: { good, scrap },
    });
    context.publish(countReported, `machine:${machineId}`, { machineId, good, scrap });
    return { machineId };
  },
});

async function handSource(tx: Tx): Promise<number> {
  // Nobody may ever connect as this edge: its token is thrown away unread.
  await tx
    .insert(edge)
    .values({ code: handEdgeCode, name: "By hand", tokenHash: randomBytes(32) })
    .onConflictDoNothing();
  const [own] = await tx.select({ id: edge.id }).from(edge).where(eq(edge.code, handEdgeCode));
  const edgeId = own?.id ?? 0;
  await tx.insert(source).values({ edgeId, code: handEdgeCode, driver: manualDriver }).onConflictDoNothing();
  const [row] = await tx.select({ id: source.id }).from(source).where(eq(source.code, handEdgeCode));
  return row?.id ?? 0;
}
