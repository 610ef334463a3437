import { and, desc, eq, lt } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { deadLetter, gap } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import {
  DeadLetterFilter,
  type DeadLetterView,
  type GapView,
  type LetterGroup,
} from "./dead-letters.contract.ts";
import { groupLetters } from "./replay.rules.ts";

const mostGrouped = 10_000;

/** Newest first. */
export async function listDeadLetters(db: Db | Tx, filter: DeadLetterFilter): Promise<DeadLetterView[]> {
  const rows = await db
    .select({ letter: deadLetter, edgeCode: edge.code, tagName: tag.name, machineCode: workUnit.code })
    .from(deadLetter)
    .innerJoin(edge, eq(edge.id, deadLetter.edgeId))
    .leftJoin(tag, eq(tag.id, deadLetter.tagId))
    .leftJoin(workUnit, eq(workUnit.id, tag.machineId))
    .where(
      and(
        eq(deadLetter.state, filter.state),
        filter.reason === undefined ? undefined : eq(deadLetter.reason, filter.reason),
        filter.before === undefined ? undefined : lt(deadLetter.id, filter.before),
      ),
    )
    .orderBy(desc(deadLetter.id))
    .limit(filter.limit);
  return rows.map(({ letter, edgeCode, tagName, machineCode }) => ({
    id: letter.id,
    edgeId: letter.edgeId,
    edgeCode,
    tagId: letter.tagId,
    tagName,
    machineCode,
    reason: letter.reason,
    raw: letter.raw,
    sha256: Buffer.from(letter.sha256).toString("hex"),
    seq: letter.seq,
    firstSeen: letter.firstSeen.getTime(),
    lastSeen: letter.lastSeen.getTime(),
    times: letter.times,
    state: letter.state,
    note: letter.note,
  }));
}

/** The open letters in groups; of a flood the newest 10,000 are looked at. */
export async function listLetterGroups(db: Db | Tx): Promise<LetterGroup[]> {
  const filter = DeadLetterFilter.parse({});
  return groupLetters(await listDeadLetters(db, { ...filter, limit: mostGrouped }));
}

/** Newest first. */
export async function listGaps(db: Db | Tx, limit = 200): Promise<GapView[]> {
  const rows = await db
    .select({ gap, edgeCode: edge.code, sourceCode: source.code, machineCode: workUnit.code })
    .from(gap)
    .innerJoin(edge, eq(edge.id, gap.edgeId))
    .leftJoin(source, eq(source.id, gap.sourceId))
    .leftJoin(workUnit, eq(workUnit.id, gap.machineId))
    .orderBy(desc(gap.id))
    .limit(limit);
  return rows.map(({ gap: row, edgeCode, sourceCode, machineCode }) => ({
    id: row.id,
    edgeId: row.edgeId,
    edgeCode,
    sourceCode,
    machineCode,
    count: row.first === null || row.last === null ? null : row.last - row.first + 1,
    from: row.fromTs?.getTime() ?? null,
    to: row.toTs?.getTime() ?? null,
    reason: row.reason,
    recordedAt: row.recordedAt.getTime(),
  }));
}
