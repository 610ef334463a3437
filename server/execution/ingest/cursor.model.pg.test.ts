import { and, asc, eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDb } from "#db/client.ts";
import { deadLetter, ingestCursor, ingestLog, reading } from "#db/schema/edge/ingest.ts";
import { testDb } from "#db/testing.ts";
import { streamIdOf } from "./gateway.queries.ts";
import { ingestReadings, type ReadingBatch } from "./ingest-call.ts";
import { randomEpoch } from "./testing-blocks.ts";
import { makePlant, type TestPlant } from "./testing.ts";

/**
 * The contract of `ingest_batch` (design §4) as a model: whatever comes in whatever order, again, with holes, to two
 * callers at once or over a connection that ends before its answer, what was acknowledged is stored exactly once or
 * is a dead letter, the log says exactly that, and the cursor never goes back.
 */
let handle: Awaited<ReturnType<typeof testDb>>;
let plant: TestPlant;
let streamId: number;
const now = Date.UTC(2026, 10, 22, 12);
const dayMs = 86_400_000;

beforeAll(async () => {
  handle = await testDb();
  plant = await makePlant(handle.db, "model");
  streamId = await streamIdOf(handle.db, plant.edgeId, 0);
});
afterAll(() => handle.close());

/** What a queue holds at a number is the same however often it is sent. */
function contentOf(seq: number): { tagId: number; at: number; value: number; dead: string | null } {
  const tagId = plant.numbers[seq % 2] ?? 0;
  const good = { tagId, at: now - 1000 + seq, value: seq * 1.5, dead: null };
  if (seq % 11 === 5) return { ...good, tagId: 999_999, dead: "unknown_tag" };
  if (seq % 13 === 7) return { ...good, at: now - 4000 * dayMs, dead: "time_too_old" };
  if (seq % 17 === 3) return { ...good, at: now + dayMs, dead: "time_in_future" };
  return good;
}

function batch(epoch: string, first: number, length: number, historical: boolean): ReadingBatch {
  const contents = Array.from({ length }, (_, i) => contentOf(first + i));
  return {
    streamId,
    epoch,
    first,
    dead: [],
    historical,
    columns: {
      tagIds: Uint32Array.from(contents, ({ tagId }) => tagId),
      sourceTs: Float64Array.from(contents, ({ at }) => at),
      edgeTs: Float64Array.from(contents, () => now),
      num: Float64Array.from(contents, ({ value }) => value),
      txt: contents.map(() => null),
      quality: Uint8Array.from(contents, () => 0),
    },
  };
}

interface Queue {
  readonly epoch: string;
  acked: number;
}

/** Sends over a connection of its own that is ended while the call is on its way: nobody hears what became of it. */
async function sendAndBreak(given: ReadingBatch): Promise<void> {
  const broken = openDb({ url: handle.url, max: 1, name: "broken" });
  const [backend] = await broken.execute<{ pid: number }>("select pg_backend_pid() as pid");
  const sent = ingestReadings(broken, given, now).catch(() => undefined);
  await handle.db.$client`select pg_terminate_backend(${backend?.pid ?? 0})`;
  await sent;
  await broken.$client.end({ timeout: 1 });
}

const step = fc.record({
  queue: fc.nat(2),
  /** How far before (negative) or beyond the next number the block begins. */
  off: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -5, max: 3 })),
  length: fc.integer({ min: 1, max: 9 }),
  historical: fc.boolean(),
  how: fc.oneof(
    { weight: 4, arbitrary: fc.constant("once" as const) },
    fc.constantFrom("twice at once" as const, "broken" as const, "new epoch" as const),
  ),
});

async function play(
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
): Promise<void> {
  const queues: Queue[] = [0, 1, 2].map(() => ({ epoch: randomEpoch(), acked: 0 }));
  const left: Queue[] = [];
  for (const { queue: nth, off, length, historical, how } of steps) {
    if (how === "new epoch") {
      left.push(...queues.splice(nth, 1, { epoch: randomEpoch(), acked: 0 }));
      continue;
    }
    const queue = queues[nth] as Queue;
    const first = Math.max(1, queue.acked + 1 + off);
    const given = batch(queue.epoch, first, length, historical);
    if (how === "broken") await sendAndBreak(given);
    const answers = await Promise.all(
      Array.from({ length: how === "twice at once" ? 2 : 1 }, () => ingestReadings(handle.db, given, now)),
    );
    const hole = first > queue.acked + 1;
    if (!hole) queue.acked = Math.max(queue.acked, first + length - 1);
    const answer = hole ? { status: "expect", seq: queue.acked + 1 } : { status: "acked", seq: queue.acked };
    for (const one of answers) expect(one).toMatchObject(answer);
  }
  for (const queue of [...queues, ...left]) await check(queue);
}

async function check({ epoch, acked }: Queue): Promise<void> {
  const { db } = handle;
  const of = <T extends typeof reading | typeof deadLetter | typeof ingestLog>(table: T) =>
    and(eq(table.streamId, streamId), eq(table.epoch, epoch));
  const stored = await db.select().from(reading).where(of(reading)).orderBy(asc(reading.seq));
  const letters = await db.select().from(deadLetter).where(of(deadLetter)).orderBy(asc(deadLetter.seq));
  const log = await db.select().from(ingestLog).where(of(ingestLog)).orderBy(asc(ingestLog.first));
  const all = Array.from({ length: acked }, (_, i) => ({ seq: i + 1, ...contentOf(i + 1) }));
  expect(stored.map(({ seq, tagId, num }) => ({ seq, tagId, value: num }))).toEqual(
    all.filter(({ dead }) => dead === null).map(({ seq, tagId, value }) => ({ seq, tagId, value })),
  );
  expect(letters.map(({ seq, reason }) => [seq, reason])).toEqual(
    all.filter(({ dead }) => dead !== null).map(({ seq, dead }) => [seq, dead]),
  );
  // The log goes on where it ended, without a hole and without anything twice.
  let next = 1;
  for (const { first, last } of log) {
    expect(first).toBe(next);
    next = last + 1;
  }
  expect(next).toBe(acked + 1);
  expect(log.reduce((sum, row) => sum + row.stored, 0)).toBe(stored.length);
  const [cursor] = await db
    .select()
    .from(ingestCursor)
    .where(and(eq(ingestCursor.streamId, streamId), eq(ingestCursor.epoch, epoch)));
  expect(cursor?.ackedSeq ?? 0).toBe(acked);
}

test("whatever comes, again, at once, with holes or over a line that breaks: acknowledged is stored once or a letter", async () => {
  // oxlint-disable-next-line node/no-process-env -- how long somebody lets the models run
  const numRuns = Number(process.env["SOAK_RUNS"] ?? 300);
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), play), { numRuns });
}, 600_000);
