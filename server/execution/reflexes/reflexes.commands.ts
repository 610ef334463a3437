import { eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { reflex } from "#db/schema/edge/ingest.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { tagsChanged } from "../tags/tags.facts.ts";
import { SetReflex } from "./reflexes.contract.ts";
import { type KnownTag, whyNotReflex } from "./reflexes.rules.ts";

/**
 * What an edge does by itself: makes a reflex or a new version of it, or switches it off. The edge has it with its
 * next signed document. @throws Refusal, among them `conflict`
 */
export const setReflex = defineCommand({
  name: "reflex.set",
  input: SetReflex,
  allow: () => ({ action: "tag.manage" }),
  run: async (context, { reflexId, version, ...given }) => {
    const { tx } = context;
    const watched = await knownTag(tx, given.tagId);
    if (watched === null) throw new Refusal("not_found", {}, "tagId");
    const why = whyNotReflex(given, watched, given.stop && (await knownTag(tx, given.stop.tagId)));
    if (why !== null) throw why;
    const [before] =
      reflexId === undefined
        ? []
        : await tx.select().from(reflex).where(eq(reflex.id, reflexId)).for("update");
    if (reflexId !== undefined && before === undefined) throw new Refusal("not_found", {}, "reflexId");
    if (before !== undefined && version !== undefined && before.version !== version)
      throw new Refusal("conflict");
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
    context.publish(tagsChanged, "plant", { edgeIds: [watched.edgeId] });
    return { reflexId: row.id, version: row.version };
  },
});

/** A tag as the rules of reflexes need it; null = there is none. */
export async function knownTag(tx: Tx, tagId: number): Promise<KnownTag | null> {
  const [row] = await tx
    .select({ tag, edgeId: source.edgeId })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .where(eq(tag.id, tagId));
  if (row === undefined) return null;
  const { id, machineId, sourceId, datatype, enabled, writable } = row.tag;
  return { id, machineId, sourceId, datatype, enabled, writable: writable !== null, edgeId: row.edgeId };
}
