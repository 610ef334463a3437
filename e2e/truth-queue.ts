import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { decodeBlock, type ReadingsBlock } from "#server/edge/block.ts";
import { noTag } from "#server/edge/block.contract.ts";
import { rangeOf } from "#server/edge/queue-keys.ts";
import { epochToDatabase } from "#server/execution/ingest/epoch.rules.ts";
import type { Truth } from "./truth.ts";

/** How often the folder is copied again when LevelDB tidied it up meanwhile. */
const attempts = 10;

/**
 * Every block of readings on the disk of an edge that runs: what it answered as stored, acknowledged by the server or
 * not. Read from a copy, since LevelDB lets only one process in.
 */
export async function blocksOnDisk(queueFolder: string): Promise<ReadingsBlock[]> {
  for (let attempt = 1; ; attempt++) {
    const copy = await mkdtemp(join(tmpdir(), "millwright-queue-"));
    try {
      await cp(queueFolder, copy, { recursive: true });
      return await readBlocks(copy);
    } catch (error) {
      if (attempt >= attempts) throw error;
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }
}

async function readBlocks(folder: string): Promise<ReadingsBlock[]> {
  const level = new ClassicLevel<string, Uint8Array>(folder, { keyEncoding: "utf8", valueEncoding: "view" });
  await level.open();
  try {
    const blocks: ReadingsBlock[] = [];
    for await (const frame of level.values(rangeOf("b"))) {
      const block = decodeBlock(frame);
      if (block.kind === "readings") blocks.push(block);
    }
    return blocks;
  } finally {
    await level.close();
  }
}

interface BlocksTruth extends Truth {
  /** Readings of these blocks that the server has not acknowledged. */
  readonly waiting: number;
}

type Row = { stream: number; epoch: string; seq: number; tag: number; at: number; num: number | null } & {
  txt: string | null;
  quality: number;
} & Record<string, unknown>;

/** Each reading of these blocks that the server acknowledged stands in the table as it stood on the edge's disk. */
export async function blocksAreStored(
  db: Db,
  blocks: readonly ReadingsBlock[],
  { edge, since }: { readonly edge: string; readonly since: number },
): Promise<BlocksTruth> {
  const cursors = await db.execute<{ lane: number; epoch: string; acked: number; stream: number }>(sql`
    select s.lane, c.epoch::text, c.acked_seq::float8 as acked, s.id as stream from ingest_cursor c
    join stream s on s.id = c.stream_id join edge e on e.id = s.edge_id
    where c.kind = 'readings' and e.code = ${edge}`);
  const cursorOf = new Map(cursors.map((c) => [`${c.lane}/${c.epoch}`, c]));
  const rows = await db.execute<Row>(sql`
    select stream_id as stream, epoch::text, seq::float8, tag_id as tag, ${epochMs(sql`source_ts`)} as at, num, txt, quality
    from reading where source_ts >= ${instant(since)} and (epoch < -1000000 or epoch > 0)`);
  const stored = new Map(rows.map((r) => [`${r.stream}/${r.epoch}/${r.seq}`, r]));
  const letters = await db.execute<{ key: string }>(sql`
    select stream_id || '/' || epoch || '/' || seq as key from dead_letter where seq is not null and stream_id is not null`);
  const dead = new Set(letters.map((l) => l.key));
  const wrong: string[] = [];
  let looked = 0;
  let waiting = 0;
  for (const { header, columns } of blocks) {
    const epoch = epochToDatabase(header.epoch);
    const cursor = cursorOf.get(`${header.lane}/${epoch}`);
    for (let i = 0; i < header.count; i++) {
      const seq = header.first + i;
      if (cursor === undefined || seq > cursor.acked) {
        waiting += 1;
        continue;
      }
      looked += 1;
      const key = `${cursor.stream}/${epoch}/${seq}`;
      if (dead.has(key)) continue;
      const row = stored.get(key);
      const words = `lane ${header.lane} epoch ${header.epoch} seq ${seq}`;
      if (row === undefined) wrong.push(`missing: ${words} was stored by the edge and is in no table`);
      else if (columns.tagIds[i] === noTag)
        wrong.push(`${words} is dead on the edge's disk and stored as a reading`);
      else if (!same(row, columns, i))
        wrong.push(`${words} stands otherwise: tag ${row.tag} = ${row.txt ?? String(row.num)} at ${row.at}`);
    }
  }
  return { looked, wrong, waiting };
}

function same(row: Row, columns: ReadingsBlock["columns"], i: number): boolean {
  const num = columns.num[i] ?? Number.NaN;
  return (
    row.tag === columns.tagIds[i] &&
    Math.abs(row.at - (columns.sourceTs[i] ?? 0)) < 0.01 &&
    (row.num === null ? Number.isNaN(num) : row.num === num) &&
    row.txt === (columns.txt[i] ?? null) &&
    row.quality === columns.quality[i]
  );
}
