import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { BlockAnswer } from "#server/edge/uplink.contract.ts";
import {
  type EventBatch,
  type IngestAnswer,
  ingestEvents,
  ingestReadings,
  type ReadingBatch,
  type ReadingsAnswer,
} from "./ingest-call.ts";
import { lostEvent } from "./events.rules.ts";
import type { Limiter } from "./limiter.ts";
import { asDead, maxBatch, mergeBatches, sliceBatch } from "./merge.rules.ts";
import { type Halving, persist } from "./persist.ts";

/** A decoded block on its way into the database. */
export type PendingBlock = { readonly answer: (answer: BlockAnswer) => void } & (
  | { readonly kind: "readings"; readonly batch: ReadingBatch }
  | { readonly kind: "events"; readonly batch: EventBatch }
);

/** What was committed just now. `whole` = every reading of the batch was stored by this call. */
export interface Committed {
  readonly batch: ReadingBatch;
  readonly acked: number;
  readonly whole: boolean;
}

export interface StreamWriterDeps {
  readonly streamId: number;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by all streams: how many calls are in the database at once. */
  readonly limiter: Limiter;
  readonly deadlineMs: number;
  readonly onCommitted: (committed: Committed) => void;
  readonly onError: () => void;
}

export interface StreamWriter {
  readonly streamId: number;
  push(block: PendingBlock): void;
  /** Blocks that wait or are being written. */
  readonly depth: number;
  idle(): Promise<void>;
}

/** How long an edge waits before it sends again: while the database hangs, and after it failed, ms. */
const hangingMs = 500;
const failedMs = 250;

/**
 * Writes one stream: one call at a time, and what came meanwhile goes into the next one together. Whoever waits
 * longer than the deadline, for their turn or for the database, is told `busy`; the stream still waits for the call
 * that is under way, and says `busy` at once to whatever comes meanwhile.
 */
export function createStreamWriter(deps: StreamWriterDeps): StreamWriter {
  const { db, clock, log, limiter } = deps;
  const queue: PendingBlock[] = [];
  let writing: readonly PendingBlock[] = [];
  let hanging = false;
  let loop: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const done = new AbortController();
      const deadline = clock.sleep(deps.deadlineMs, done.signal).then(() => {
        if (!done.signal.aborted) giveUp();
      });
      await limiter.run(async () => {
        writing = takeMergeable(queue);
        if (writing.length > 0) answerWriting(await written(writing));
      });
      done.abort();
      await deadline;
      hanging = false;
    }
    loop = undefined;
  }

  /** Nobody who waits now is left without a word; the edge sends again what was not acked. */
  function giveUp(): void {
    hanging = true;
    answerWriting({ result: "busy", retryMs: hangingMs });
    for (const block of queue.splice(0)) block.answer({ result: "busy", retryMs: hangingMs });
  }

  /** Each block is answered once. */
  function answerWriting(answer: BlockAnswer): void {
    const blocks = writing;
    writing = [];
    for (const block of blocks) block.answer(answer);
  }

  async function written(blocks: readonly PendingBlock[]): Promise<BlockAnswer> {
    try {
      const { status, seq } = await outcome(blocks);
      return status === "acked" ? { result: "acked", acked: seq } : { result: "expect", seq };
    } catch (error) {
      deps.onError();
      log.warn({ err: error }, "ingest waits for the database");
      return { result: "busy", retryMs: failedMs };
    }
  }

  async function outcome(blocks: readonly PendingBlock[]): Promise<IngestAnswer> {
    const [head] = blocks;
    if (head?.kind === "events") return persist(head.batch, eventHalving);
    return persist(
      mergeBatches(blocks.flatMap((block) => (block.kind === "readings" ? [block.batch] : []))),
      halving,
    );
  }

  const onFailure = (error: unknown, batch: { streamId: number; first: number }) => {
    deps.onError();
    log.error({ err: error, stream: batch.streamId, first: batch.first }, "ingest failed");
  };

  const halving: Halving<ReadingBatch> = {
    size: (batch) => batch.columns.tagIds.length,
    slice: sliceBatch,
    asDead,
    onFailure,
    async write(batch) {
      const answer = await ingestReadings(db, batch, clock.now());
      if (answer.status === "acked") tell(batch, answer);
      return answer;
    },
  };

  const eventHalving: Halving<EventBatch> = {
    size: (batch) => batch.events.length,
    slice: (batch, from, to) => ({
      ...batch,
      first: batch.first + from,
      events: batch.events.slice(from, to),
    }),
    asDead: (batch, reason) => ({
      ...batch,
      events: batch.events.map((event) => lostEvent(event, reason, clock.now())),
    }),
    onFailure,
    write: (batch) => ingestEvents(db, batch, clock.now()),
  };

  function tell(batch: ReadingBatch, answer: ReadingsAnswer): void {
    const whole = answer.stored === batch.columns.tagIds.length;
    deps.onCommitted({ batch, acked: answer.seq, whole });
  }

  return {
    streamId: deps.streamId,
    push(block) {
      if (hanging) return block.answer({ result: "busy", retryMs: hangingMs });
      queue.push(block);
      loop ??= run();
    },
    get depth() {
      return queue.length + writing.length;
    },
    idle: async () => loop,
  };
}

/** Takes the first block and what follows it without a hole, in one epoch. Events go one block at a time. */
export function takeMergeable(queue: PendingBlock[]): PendingBlock[] {
  const head = queue.shift();
  if (head === undefined) return [];
  const taken = [head];
  if (head.kind === "events") return taken;
  let next = head.batch.first + head.batch.columns.tagIds.length;
  for (let following = queue[0]; following !== undefined; following = queue[0]) {
    if (following.kind !== "readings") break;
    const { batch } = following;
    const count = batch.columns.tagIds.length;
    if (batch.first !== next || batch.epoch !== head.batch.epoch) break;
    if (batch.historical !== head.batch.historical) break;
    if (next + count - head.batch.first > maxBatch) break;
    taken.push(following);
    queue.shift();
    next += count;
  }
  return taken;
}
