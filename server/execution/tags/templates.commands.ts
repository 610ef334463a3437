import { and, asc, eq } from "drizzle-orm";
import { tag, tagTemplate, tagTemplateRow } from "#db/schema/device/tags.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import { checkMapping, defined, edgeOf, insertTag } from "./mapping.ts";
import { tagsChanged } from "./tags.facts.ts";
import {
  ApplyTemplate,
  ChangeTemplateRow,
  DropTemplate,
  MakeTemplate,
  TemplateSettings,
} from "./templates.contract.ts";

const allow = () => ({ action: "tag.manage" }) as const;

/**
 * Makes a template of the tags that a machine has from a source; they follow it from then on.
 * @throws Refusal not_found when it has none below the prefix
 */
export const makeTemplate = defineCommand({
  name: "template.make",
  input: MakeTemplate,
  allow,
  run: async (context, { name, kind, sourceId, machineId, prefix }) => {
    const { tx } = context;
    const tags = await tx
      .select()
      .from(tag)
      .where(and(eq(tag.sourceId, sourceId), eq(tag.machineId, machineId)))
      .orderBy(asc(tag.metric))
      .for("update");
    const own = tags.filter(({ metric }) => metric.startsWith(prefix) && metric.length > prefix.length);
    if (own.length === 0) throw new Refusal("not_found", {}, "prefix");
    const [made] = await tx.insert(tagTemplate).values({ name, kind }).onConflictDoNothing().returning();
    if (made === undefined) throw new Refusal("already_taken", { value: name }, "name");
    for (const one of own) {
      const [row] = await tx
        .insert(tagTemplateRow)
        .values({
          templateId: made.id,
          metric: one.metric.slice(prefix.length),
          settings: TemplateSettings.parse(one),
        })
        .returning({ id: tagTemplateRow.id });
      await tx
        .update(tag)
        .set({ templateRowId: row?.id ?? null, overrides: [] })
        .where(eq(tag.id, one.id));
    }
    context.audit({
      action: "template.make",
      objectType: "template",
      objectId: String(made.id),
      machineId,
      after: { name, kind, rows: own.length },
    });
    context.publish(tagsChanged, "plant", { edgeIds: [] });
    return { templateId: made.id, rows: own.length };
  },
});

/**
 * Gives a machine the tags of a template, below its own prefix. Metrics that have a tag stay as they are.
 * @throws Refusal as for a single tag, with the metric as field: all of them or none
 */
export const applyTemplate = defineCommand({
  name: "template.apply",
  input: ApplyTemplate,
  allow,
  run: async (context, { templateId, sourceId, machineId, prefix }) => {
    const { tx } = context;
    const edgeId = await edgeOf(tx, sourceId);
    const rows = await tx
      .select()
      .from(tagTemplateRow)
      .where(eq(tagTemplateRow.templateId, templateId))
      .orderBy(asc(tagTemplateRow.id));
    if (rows.length === 0) throw new Refusal("not_found", {}, "templateId");
    const mapped = await tx.select({ metric: tag.metric }).from(tag).where(eq(tag.sourceId, sourceId));
    const known = new Set(mapped.map(({ metric }) => metric));
    let added = 0;
    for (const row of rows) {
      const metric = `${prefix}${row.metric}`;
      if (known.has(metric)) continue;
      const settings = defined(TemplateSettings.parse(row.settings));
      const wanted = { ...settings, sourceId, machineId, metric };
      await checkMapping(tx, { ...wanted, enabled: true });
      await insertTag(tx, { ...wanted, templateRowId: row.id });
      added += 1;
    }
    context.audit({
      action: "template.apply",
      objectType: "template",
      objectId: String(templateId),
      machineId,
      after: { sourceId, prefix, added },
    });
    context.publish(tagsChanged, "plant", { edgeIds: [edgeId] });
    return { added, kept: rows.length - added };
  },
});

/** Changes one metric of a template, and with it every tag that follows it there. @returns how many tags changed */
export const changeTemplateRow = defineCommand({
  name: "template.change",
  input: ChangeTemplateRow,
  allow,
  run: async (context, { rowId, settings: given }) => {
    const { tx } = context;
    const [row] = await tx.select().from(tagTemplateRow).where(eq(tagTemplateRow.id, rowId)).for("update");
    if (row === undefined) throw new Refusal("not_found", {}, "rowId");
    const before = TemplateSettings.parse(row.settings);
    const change = defined(given);
    const settings = { ...before, ...change };
    await tx.update(tagTemplateRow).set({ settings }).where(eq(tagTemplateRow.id, rowId));
    const followers = await tx.select().from(tag).where(eq(tag.templateRowId, rowId)).for("update");
    const edgeIds = new Set<number>();
    for (const one of followers) {
      const own = Object.entries(change).filter(([key]) => !one.overrides.includes(key));
      if (own.length === 0) continue;
      const next = { ...one, ...Object.fromEntries(own) };
      await checkMapping(tx, { ...next, meaning: next.meaning as TagMeaning, tagId: one.id });
      await tx.update(tag).set(Object.fromEntries(own)).where(eq(tag.id, one.id));
      edgeIds.add(await edgeOf(tx, one.sourceId));
    }
    context.audit({
      action: "template.change",
      objectType: "template",
      objectId: String(row.templateId),
      before: Object.fromEntries(Object.entries(before).filter(([key]) => key in change)),
      after: { metric: row.metric, ...change, tags: followers.length },
    });
    context.publish(tagsChanged, "plant", { edgeIds: [...edgeIds] });
    return { tags: followers.length };
  },
});

/** Does away with a template; the tags that followed it stay as they are. */
export const dropTemplate = defineCommand({
  name: "template.drop",
  input: DropTemplate,
  allow,
  run: async (context, { templateId }) => {
    const [row] = await context.tx.delete(tagTemplate).where(eq(tagTemplate.id, templateId)).returning();
    if (row === undefined) throw new Refusal("not_found", {}, "templateId");
    context.audit({
      action: "template.drop",
      objectType: "template",
      objectId: String(templateId),
      before: { name: row.name, kind: row.kind },
    });
    return { templateId };
  },
});
