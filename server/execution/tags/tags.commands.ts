import { and, eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { discoveredMetric, reflex } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddSource, AddTag, ChangeTag, IgnoreMetric, SetReflex } from "./tags.contract.ts";
import { tagsChanged } from "./tags.facts.ts";

const allow = () => ({ action: "tag.manage" }) as const;

/** Adds a source to an edge. Its edge hears of it with its next document. @returns the new id */
export const addSource = defineCommand({
  name: "source.add",
  input: AddSource,
  allow,
  run: async (context, input) => {
    const [known] = await context.tx.select().from(edge).where(eq(edge.id, input.edgeId));
    if (known === undefined) throw new Refusal("not_found", {}, "edgeId");
    const [row] = await context.tx
      .insert(source)
      .values(input)
      .onConflictDoNothing()
      .returning({ id: source.id });
    if (row === undefined) throw new Refusal("already_taken", { value: input.code }, "code");
    context.audit({ action: "source.add", objectType: "source", objectId: String(row.id), after: input });
    context.publish(tagsChanged, "plant", { edgeIds: [input.edgeId] });
    return { sourceId: row.id };
  },
});

/** Gives a metric its tag. A metric that was discovered counts as mapped from then on. @returns the new id */
export const addTag = defineCommand({
  name: "tag.add",
  input: AddTag,
  allow,
  run: async (context, input) => {
    const { tx } = context;
    const edgeId = await edgeOf(tx, input.sourceId);
    const [machine] = await tx.select().from(workUnit).where(eq(workUnit.id, input.machineId));
    if (machine === undefined) throw new Refusal("not_found", {}, "machineId");
    const [row] = await tx.insert(tag).values(defined(input)).onConflictDoNothing().returning({ id: tag.id });
    if (row === undefined) throw new Refusal("already_taken", { value: input.metric }, "metric");
    await tx
      .update(discoveredMetric)
      .set({ state: "mapped" })
      .where(and(eq(discoveredMetric.sourceId, input.sourceId), eq(discoveredMetric.metric, input.metric)));
    context.audit({
      action: "tag.add",
      objectType: "tag",
      objectId: String(row.id),
      machineId: input.machineId,
      after: input,
    });
    context.publish(tagsChanged, "plant", { edgeIds: [edgeId] });
    return { tagId: row.id };
  },
});

/** Changes how a tag is read, limited or written. What is stored already stays as it is. */
export const changeTag = defineCommand({
  name: "tag.change",
  input: ChangeTag,
  allow,
  run: async (context, { tagId, ...given }) => {
    const { tx } = context;
    const [before] = await tx.select().from(tag).where(eq(tag.id, tagId)).for("update");
    if (before === undefined) throw new Refusal("not_found", {}, "tagId");
    const change = defined(given);
    if (Object.keys(change).length > 0) await tx.update(tag).set(change).where(eq(tag.id, tagId));
    context.audit({
      action: "tag.change",
      objectType: "tag",
      objectId: String(tagId),
      machineId: before.machineId,
      before: Object.fromEntries(Object.entries(before).filter(([key]) => key in change)),
      after: change,
    });
    context.publish(tagsChanged, "plant", { edgeIds: [await edgeOf(tx, before.sourceId)] });
    return { tagId };
  },
});

/** A discovered metric that nobody needs; it is not shown as new again. */
export const ignoreMetric = defineCommand({
  name: "metric.ignore",
  input: IgnoreMetric,
  allow,
  run: async (context, { discoveredId }) => {
    const [row] = await context.tx
      .update(discoveredMetric)
      .set({ state: "ignored" })
      .where(eq(discoveredMetric.id, discoveredId))
      .returning();
    if (row === undefined) throw new Refusal("not_found", {}, "discoveredId");
    context.audit({
      action: "metric.ignore",
      objectType: "metric",
      objectId: String(discoveredId),
      after: { metric: row.metric, sourceId: row.sourceId },
    });
    return { discoveredId };
  },
});

/** What an edge does by itself: makes a reflex or a new version of it. */
export const setReflex = defineCommand({
  name: "reflex.set",
  input: SetReflex,
  allow,
  run: async (context, { reflexId, ...given }) => {
    const { tx } = context;
    const [watched] = await tx.select().from(tag).where(eq(tag.id, given.tagId));
    if (watched === undefined || watched.machineId !== given.machineId) {
      throw new Refusal("not_found", {}, "tagId");
    }
    const [before] =
      reflexId === undefined
        ? []
        : await tx.select().from(reflex).where(eq(reflex.id, reflexId)).for("update");
    if (reflexId !== undefined && before === undefined) throw new Refusal("not_found", {}, "reflexId");
    const values = { ...given, version: (before?.version ?? 0) + 1 };
    const [row] =
      before === undefined
        ? await tx.insert(reflex).values(values).returning()
        : await tx.update(reflex).set(values).where(eq(reflex.id, before.id)).returning();
    if (row === undefined) throw new Error("the reflex was not stored");
    context.audit({
      action: "reflex.set",
      objectType: "reflex",
      objectId: row.id,
      machineId: given.machineId,
      before: before ?? null,
      after: row,
      reason: given.riskAssessment ?? undefined,
    });
    context.publish(tagsChanged, "plant", { edgeIds: [await edgeOf(tx, watched.sourceId)] });
    return { reflexId: row.id, version: row.version };
  },
});

async function edgeOf(tx: Tx, sourceId: number): Promise<number> {
  const [row] = await tx.select({ edgeId: source.edgeId }).from(source).where(eq(source.id, sourceId));
  if (row === undefined) throw new Refusal("not_found", {}, "sourceId");
  return row.edgeId;
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the fields that were not given. */
function defined<T extends object>(input: T): Given<T> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Given<T>;
}
