import { and, eq, inArray, sql } from "drizzle-orm";
import { setImmediate as breathe } from "node:timers/promises";
import { z } from "zod";
import type { Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { discoveredMetric } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddTag, TagSettings } from "../tags/tags.contract.ts";
import { tagsChanged } from "../tags/tags.facts.ts";
import { asFlag, asNumber, asText, asWords } from "./cells.rules.ts";
import { defineImporter, type ImporterDefinition } from "./importer.ts";
import { namedBy } from "./names.ts";
import { type KnownTag, planTags, type TagChange } from "./tags.rules.ts";
import { storeTags } from "./tags-store.ts";

const nullish = TagSettings.omit({ writable: true, name: true, meaning: true }).partial();
const shape = Object.fromEntries(
  Object.entries(nullish.shape).map(([key, field]) => [key, field.nullish()]),
) as { [K in keyof typeof nullish.shape]: z.ZodOptional<z.ZodNullable<(typeof nullish.shape)[K]>> };

export const TagRow = z.object({
  ...shape,
  metric: AddTag.shape.metric,
  machine: z.string(),
  name: TagSettings.shape.name.nullish(),
  meaning: TagSettings.shape.meaning.nullish(),
  datatype: AddTag.shape.datatype.nullish(),
});
export type TagRow = z.infer<typeof TagRow>;

const numbers = [
  "decimals",
  "scale",
  "shift",
  "deadband",
  "low",
  "high",
  "normalLow",
  "normalHigh",
  "expectedMs",
  "maxSilenceMs",
  "aggregateMs",
  "modulus",
] as const;

/**
 * Tags of one source: a metric that has none gets one, one that stands is changed. All are checked against what
 * will be when the whole file is stored, in a few statements for tens of thousands of rows.
 */
export const tagsImporter = defineImporter<TagRow>({
  columns: [
    { name: "metric", read: asText, needed: true },
    { name: "machine", read: asText, needed: true },
    { name: "name", read: asText },
    { name: "meaning", read: asText },
    { name: "datatype", read: asText },
    { name: "unit", read: asText },
    ...numbers.map((name) => ({ name, read: asNumber })),
    { name: "words", read: asWords },
    { name: "enabled", read: asFlag },
  ],
  schema: TagRow,
  maxRows: 100_000,
  example: [
    "press-1/Melt/Temperature",
    "press-1",
    "Melt temperature",
    "measurement",
    "number",
    "°C",
    1,
    1,
    0,
    0.2,
    0,
    400,
    205,
    215,
    1000,
    60_000,
    null,
    null,
    null,
    "yes",
  ],
  once: [{ column: "metric", of: ({ metric }) => [metric] }],
  store: storeAll,
});

async function storeAll(
  ...[context, rows, sourceId]: Parameters<ImporterDefinition<TagRow>["store"]>
): ReturnType<ImporterDefinition<TagRow>["store"]> {
  const { tx } = context;
  if (sourceId === undefined) throw new Refusal("not_found", {}, "sourceId");
  // Two files for one source take turns; a tag added by hand meanwhile waits for its machine.
  const [from] = await tx.select().from(source).where(eq(source.id, sourceId)).for("update");
  if (from === undefined) throw new Refusal("not_found", {}, "sourceId");
  const machines = await tx
    .select({ id: workUnit.id, code: workUnit.code, name: workUnit.name })
    .from(workUnit)
    .orderBy(workUnit.id);
  const named = namedBy(machines);
  const used = [...new Set(rows.map(({ values }) => values.machine))].flatMap((text) => {
    try {
      return [named(text, "machine")];
    } catch {
      return [];
    }
  });
  if (used.length > 0) {
    await tx
      .select({ id: workUnit.id })
      .from(workUnit)
      .where(inArray(workUnit.id, used))
      .orderBy(workUnit.id)
      .for("update");
  }
  const tags = await tx.select().from(tag).where(eq(tag.sourceId, sourceId)).for("update");
  const heard = await tx
    .select({
      metric: discoveredMetric.metric,
      datatype: discoveredMetric.datatype,
      unit: discoveredMetric.unit,
    })
    .from(discoveredMetric)
    .where(eq(discoveredMetric.sourceId, sourceId));
  await breathe();
  const plan = planTags(
    rows,
    {
      machine: named,
      machineCode: (id) => machines.find((one) => one.id === id)?.code ?? "",
      tags: new Map(tags.map((one) => [one.metric, one as KnownTag])),
      said: new Map(heard.map(({ metric, ...said }) => [metric, said])),
      others: await elsewhere(tx, sourceId, used),
    },
    sourceId,
  );
  await storeTags(tx, plan.changes);
  recordTags(context, sourceId, plan.changes);
  if (plan.changes.length > 0) context.publish(tagsChanged, "plant", { edgeIds: [from.edgeId] });
  const added = plan.changes.filter(({ before }) => before === null).length;
  const changed = plan.changes.length - added;
  return {
    outcomes: [
      ...Array.from({ length: added }, () => "added" as const),
      ...Array.from({ length: changed }, () => "changed" as const),
      ...Array.from({ length: plan.same }, () => "same" as const),
    ],
    problems: plan.problems,
  };
}

/** What other sources say of these machines. */
async function elsewhere(tx: Tx, sourceId: number, machineIds: readonly number[]) {
  if (machineIds.length === 0) return [];
  return tx
    .select({ machineId: tag.machineId, meaning: tag.meaning, name: tag.name, driver: source.driver })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .where(
      and(
        inArray(tag.machineId, [...machineIds]),
        eq(tag.enabled, true),
        eq(source.enabled, true),
        sql`${tag.sourceId} <> ${sourceId}`,
      ),
    );
}

/** Tags one line of the record tells of. */
const perLine = 50;

/** Every change stands in the record with what was before, some fifty tags a line. */
function recordTags(
  context: Parameters<ImporterDefinition<TagRow>["store"]>[0],
  sourceId: number,
  changes: readonly TagChange[],
): void {
  for (let i = 0; i < changes.length; i += perLine) {
    const part = changes.slice(i, i + perLine);
    const pick = (row: object, { given }: TagChange) =>
      Object.fromEntries(Object.entries(row).filter(([key]) => key === "metric" || given.includes(key)));
    context.audit({
      action: "tag.import",
      objectType: "source",
      objectId: String(sourceId),
      before: part.flatMap((one) => (one.before === null ? [] : [pick(one.before, one)])),
      after: part.map((one) => pick(one.after, one)),
    });
  }
}
