import { and, asc, eq, inArray } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { deadLetter } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { defineCommand } from "#server/core/command.ts";
import type { EdgeTag } from "#server/edge/document.contract.ts";
import { DiscardDeadLetters, ReplayDeadLetters } from "./dead-letters.contract.ts";
import { edgeTagOf } from "./documents.ts";
import { streamIdOf } from "./gateway.queries.ts";
import { ingestWithin } from "./ingest-call.ts";
import { type LetterSaid, replay, type Replayed, saidIn } from "./replay.rules.ts";

/** Puts dead letters away, with a reason. They stay in the record. @returns how many were open */
export const discardDeadLetters = defineCommand({
  name: "deadletter.discard",
  input: DiscardDeadLetters,
  allow: () => ({ action: "deadletter.manage" }),
  run: async (context, { ids, reason }) => {
    const rows = await context.tx
      .update(deadLetter)
      .set({ state: "discarded", note: reason })
      .where(and(inArray(deadLetter.id, ids), eq(deadLetter.state, "open")))
      .returning({ id: deadLetter.id });
    for (const { id } of rows) {
      context.audit({
        action: "deadletter.discard",
        objectType: "dead_letter",
        objectId: String(id),
        reason,
      });
    }
    return { discarded: rows.length };
  },
});

/**
 * Stores what dead letters say, by the tags as they are now: mend the mapping first. It comes as history in a stream
 * of its own, so it raises no alarm, and buckets, shifts and contexts it falls into are computed anew. What still does
 * not fit stays open, with the reason of today. @returns how many were stored, and how many stay
 */
export const replayDeadLetters = defineCommand({
  name: "deadletter.replay",
  input: ReplayDeadLetters,
  allow: () => ({ action: "deadletter.manage" }),
  run: async (context, { ids }) => {
    const { tx, now } = context;
    const letters = await tx
      .select()
      .from(deadLetter)
      .where(and(inArray(deadLetter.id, ids), eq(deadLetter.state, "open")))
      .orderBy(asc(deadLetter.id))
      .for("update");
    const tags = await tagsByName(
      tx,
      letters.map(({ edgeId }) => edgeId),
    );
    const alive: Alive[] = [];
    const still = new Map<string, number[]>();
    for (const letter of letters) {
      const said = saidIn(letter.raw);
      const found = said === null ? undefined : tagOf(tags, letter.edgeId, said);
      const verdict: Replayed =
        said === null
          ? { dead: letter.reason }
          : found === undefined
            ? { dead: "unknown_tag" }
            : replay(said, found, now);
      if (verdict.dead === null && found !== undefined) alive.push({ letter, tag: found, ...verdict });
      else still.set(verdict.dead ?? "", [...(still.get(verdict.dead ?? "") ?? []), letter.id]);
    }
    const replayed = await storeAgain(tx, alive, now);
    const stored = alive.map(({ letter }) => letter.id);
    if (stored.length > 0)
      await tx.update(deadLetter).set({ state: "replayed" }).where(inArray(deadLetter.id, stored));
    for (const [reason, of] of still)
      await tx.update(deadLetter).set({ reason }).where(inArray(deadLetter.id, of));
    const left = letters.length - replayed;
    context.audit({
      action: "deadletter.replay",
      objectType: "dead_letter",
      objectId: String(letters[0]?.id ?? 0),
      after: { replayed, still: left, ids: stored },
    });
    return { replayed, still: left };
  },
});

type Letter = typeof deadLetter.$inferSelect;
type Alive = { readonly letter: Letter; readonly tag: EdgeTag } & Extract<Replayed, { dead: null }>;

/** The tags of some edges, each under its id and under the name its source gives it. */
async function tagsByName(tx: Tx, edgeIds: readonly number[]): Promise<ReadonlyMap<string, EdgeTag>> {
  const rows = await tx
    .select({ tag, lineId: workUnit.lineId, edgeId: source.edgeId })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .innerJoin(workUnit, eq(workUnit.id, tag.machineId))
    .where(and(inArray(source.edgeId, [0, ...new Set(edgeIds)]), eq(tag.enabled, true)));
  return new Map(
    rows.flatMap(({ tag: row, lineId, edgeId }): [string, EdgeTag][] => {
      const known = edgeTagOf(row, lineId);
      return [
        [`${edgeId} ${row.id}`, known],
        [`${edgeId} ${row.sourceId} ${row.metric}`, known],
      ];
    }),
  );
}

/** An edge's own letters only ever become readings of its own tags. */
function tagOf(tags: ReadonlyMap<string, EdgeTag>, edgeId: number, said: LetterSaid): EdgeTag | undefined {
  return said.metric === null
    ? tags.get(`${edgeId} ${said.tagId ?? 0}`)
    : tags.get(`${edgeId} ${said.sourceId ?? 0} ${said.metric}`);
}

/**
 * One batch for each stream, in the order of the sources' own times, under an epoch that nobody else writes.
 * @returns how many were stored; the database keeps a letter of its own for what is older than it keeps readings
 */
async function storeAgain(tx: Tx, alive: readonly Alive[], now: number): Promise<number> {
  const streams = new Map<string, Alive[]>();
  for (const one of alive) {
    const key = `${one.letter.edgeId} ${one.tag.lane}`;
    streams.set(key, [...(streams.get(key) ?? []), one]);
  }
  let stored = 0;
  for (const readings of streams.values()) {
    const [first] = readings;
    if (first === undefined) continue;
    const ordered = readings.toSorted((a, b) => a.at - b.at || a.letter.id - b.letter.id);
    const epoch = Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");
    const answer = await ingestWithin(
      tx,
      {
        streamId: await streamIdOf(tx, first.letter.edgeId, first.tag.lane),
        epoch,
        first: 1,
        columns: {
          tagIds: Uint32Array.from(ordered, (one) => one.tag.id),
          sourceTs: Float64Array.from(ordered, (one) => one.at),
          edgeTs: Float64Array.from(ordered, () => now),
          num: Float64Array.from(ordered, (one) => one.num),
          txt: ordered.map((one) => one.txt),
          quality: Uint8Array.from(ordered, (one) => one.quality),
        },
        dead: [],
        historical: true,
      },
      now,
    );
    if (answer.status !== "acked") throw new Error(`nothing was stored: ${JSON.stringify(answer)}`);
    stored += answer.stored;
  }
  return stored;
}
