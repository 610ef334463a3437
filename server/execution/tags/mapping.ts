import { and, eq, ne } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { discoveredMetric } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { manualDriver } from "../manual/manual.contract.ts";
import { type Mapped, onePerMachine, whyNotMapped } from "./mapping.rules.ts";

/** A tag as it shall be. */
export interface WantedTag extends Mapped {
  /** Left out = it is new. */
  readonly tagId?: number;
  readonly sourceId: number;
  readonly machineId: number;
  readonly metric: string;
  readonly enabled: boolean;
}

/**
 * Whether a tag may be as it is wanted: the machine is there, the metric is what the source says it is, and nobody
 * else says the same of the machine. Holds the machine, so that two at once cannot both be let through.
 * @throws Refusal not_found, datatype_mismatch, unit_mismatch, unknown_word, invalid, meaning_taken, is_manual
 */
export async function checkMapping(tx: Tx, wanted: WantedTag): Promise<void> {
  const { sourceId, machineId, metric, meaning, tagId } = wanted;
  const [machine] = await tx.select().from(workUnit).where(eq(workUnit.id, machineId)).for("update");
  if (machine === undefined) throw new Refusal("not_found", {}, "machineId");
  const [said] = await tx
    .select({ datatype: discoveredMetric.datatype, unit: discoveredMetric.unit })
    .from(discoveredMetric)
    .where(and(eq(discoveredMetric.sourceId, sourceId), eq(discoveredMetric.metric, metric)));
  const refusal = whyNotMapped(wanted, said ?? null);
  if (refusal !== null) throw refusal;
  if (!wanted.enabled || !onePerMachine.has(meaning)) return;
  const [other] = await tx
    .select({ name: tag.name, driver: source.driver })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .where(
      and(
        eq(tag.machineId, machineId),
        eq(tag.meaning, meaning),
        eq(tag.enabled, true),
        eq(source.enabled, true),
        tagId === undefined ? undefined : ne(tag.id, tagId),
      ),
    );
  if (other?.driver === manualDriver) throw new Refusal("is_manual", { name: machine.name }, "machineId");
  if (other !== undefined) throw new Refusal("meaning_taken", { name: other.name }, "meaning");
}

/** Stores a new tag; its metric is no longer one to be mapped. @returns its id, or null when the metric has a tag */
export async function insertTag(tx: Tx, values: typeof tag.$inferInsert): Promise<number | null> {
  const [row] = await tx.insert(tag).values(values).onConflictDoNothing().returning({ id: tag.id });
  if (row === undefined) return null;
  await tx
    .update(discoveredMetric)
    .set({ state: "mapped" })
    .where(and(eq(discoveredMetric.sourceId, values.sourceId), eq(discoveredMetric.metric, values.metric)));
  return row.id;
}

/** Changes a tag; what is changed by hand is from then on an exception from its template. */
export async function updateTag(
  tx: Tx,
  before: typeof tag.$inferSelect,
  change: Partial<typeof tag.$inferInsert>,
): Promise<void> {
  const changed = Object.keys(change);
  if (changed.length === 0) return;
  const overrides =
    before.templateRowId === null ? [] : [...new Set([...before.overrides, ...changed])].toSorted();
  await tx
    .update(tag)
    .set({ ...change, overrides })
    .where(eq(tag.id, before.id));
}

export async function edgeOf(tx: Tx, sourceId: number): Promise<number> {
  const [row] = await tx.select({ edgeId: source.edgeId }).from(source).where(eq(source.id, sourceId));
  if (row === undefined) throw new Refusal("not_found", {}, "sourceId");
  return row.edgeId;
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the fields that were not given. */
export function defined<T extends object>(input: T): Given<T> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Given<T>;
}
