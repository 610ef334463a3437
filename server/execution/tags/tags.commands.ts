import { eq } from "drizzle-orm";
import { tag } from "#db/schema/device/tags.ts";
import { discoveredMetric } from "#db/schema/edge/ingest.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import { AddTag, ChangeTag, IgnoreMetric } from "./tags.contract.ts";
import { checkMapping, defined, edgeOf, insertTag, updateTag } from "./mapping.ts";
import { tagsChanged } from "./tags.facts.ts";

const allow = () => ({ action: "tag.manage" }) as const;

/** Gives a metric its tag. A metric that was discovered counts as mapped from then on. @returns the new id */
export const addTag = defineCommand({
  name: "tag.add",
  input: AddTag,
  allow,
  run: async (context, input) => {
    const edgeId = await edgeOf(context.tx, input.sourceId);
    const values = defined(input);
    await checkMapping(context.tx, { enabled: true, ...values });
    const tagId = await insertTag(context.tx, values);
    if (tagId === null) throw new Refusal("already_taken", { value: input.metric }, "metric");
    context.audit({
      action: "tag.add",
      objectType: "tag",
      objectId: String(tagId),
      machineId: input.machineId,
      after: input,
    });
    context.publish(tagsChanged, "plant", { edgeIds: [edgeId] });
    return { tagId };
  },
});

/**
 * Changes how a tag is read, limited or written. What is stored already stays as it is. A setting that is changed
 * here no longer follows the template the tag came from.
 */
export const changeTag = defineCommand({
  name: "tag.change",
  input: ChangeTag,
  allow,
  run: async (context, { tagId, ...given }) => {
    const { tx } = context;
    const [before] = await tx.select().from(tag).where(eq(tag.id, tagId)).for("update");
    if (before === undefined) throw new Refusal("not_found", {}, "tagId");
    const change = defined(given);
    await checkMapping(tx, {
      ...before,
      ...change,
      meaning: (change.meaning ?? before.meaning) as TagMeaning,
      tagId,
    });
    await updateTag(tx, before, change);
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
