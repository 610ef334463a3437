import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import { BlockError, decodeBlock } from "#server/edge/block.ts";
import type { BlockAnswer } from "#server/edge/uplink.contract.ts";
import type { LiveCache } from "../live/live-cache.ts";
import type { TagRegistry } from "../tags/tag-registry.ts";
import type { CommittedListener } from "./consumer-feed.ts";
import { eventRow } from "./events.rules.ts";
import { keepFrame, streamIdOf } from "./gateway.queries.ts";
import type { AdmittedEdge } from "./handshake.ts";
import { createInFlight } from "./in-flight.ts";
import { createLimiter } from "./limiter.ts";
import { checkColumns, liveSamples } from "./precheck.rules.ts";
import { createStreamWriter, type StreamWriter } from "./stream-writer.ts";

export interface BlockDeskDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: LiveCache;
  readonly lanes: CommittedListener;
  readonly tags: TagRegistry;
  readonly connected: () => number;
  readonly deadlineMs?: number;
  readonly inFlightBytes?: number;
  readonly concurrency?: number;
}

export interface BlockDesk {
  /** Takes a frame as it came. Answers exactly once: after the commit, or with why not. */
  receive(edge: AdmittedEdge, frame: unknown, answer: (answer: BlockAnswer) => void): void;
  figures(): {
    blocks: number;
    readings: number;
    busy: number;
    refused: number;
    errors: number;
    inFlightBytes: number;
    inFlightLimitBytes: number;
    queuedBlocks: number;
  };
  idle(): Promise<void>;
}

/** Where blocks are looked at and put into the queue of their stream. */
export function createBlockDesk(deps: BlockDeskDeps): BlockDesk {
  const { db, clock, log, live, lanes, tags } = deps;
  const limiter = createLimiter(deps.concurrency ?? 4);
  const inFlight = createInFlight(deps.inFlightBytes ?? 64 * 1024 * 1024, deps.connected);
  const writers = new Map<string, Promise<StreamWriter>>();
  const opened: StreamWriter[] = [];
  const counts = { blocks: 0, readings: 0, busy: 0, refused: 0, errors: 0 };

  function writerOf(edgeId: number, lane: number): Promise<StreamWriter> {
    const key = `${edgeId}/${lane}`;
    const known = writers.get(key);
    if (known !== undefined) return known;
    const made = streamIdOf(db, edgeId, lane).then((streamId) => {
      const writer = createStreamWriter({
        db,
        clock,
        log,
        limiter,
        streamId,
        deadlineMs: deps.deadlineMs ?? 5000,
        onError: () => (counts.errors += 1),
        onCommitted: ({ batch, acked, whole }) => {
          counts.readings += batch.columns.tagIds.length;
          lanes.committed({ ...batch, lane, acked, whole });
        },
      });
      opened.push(writer);
      return writer;
    });
    writers.set(key, made);
    // A failure is not remembered: the edge sends the block again, and it is tried anew.
    made.catch(() => writers.delete(key));
    return made;
  }

  async function take(
    edge: AdmittedEdge,
    frame: Uint8Array,
    answer: (answer: BlockAnswer) => void,
  ): Promise<void> {
    const block = decodeBlock(frame);
    const { lane, epoch, first, historical } = block.header;
    const now = clock.now();
    if (block.kind === "events") {
      const writer = await writerOf(edge.id, lane);
      const events = block.events.map((event) => eventRow(event, now));
      const streamId = writer.streamId;
      return writer.push({ kind: "events", answer, batch: { streamId, epoch, first, events, historical } });
    }
    const { columns, dead } = checkColumns(first, block.columns, block.dead);
    if (!historical) {
      live.accept(liveSamples(columns, now, (tagId) => tags.get(tagId)?.edgeId === edge.id));
    }
    const writer = await writerOf(edge.id, lane);
    const streamId = writer.streamId;
    writer.push({ kind: "readings", answer, batch: { streamId, epoch, first, columns, dead, historical } });
  }

  async function refuse(edge: AdmittedEdge, frame: Uint8Array, error: BlockError): Promise<BlockAnswer> {
    log.error({ edge: edge.code, fault: error.fault, err: error.message }, "frame refused");
    await keepFrame(db, edge.id, `frame_${error.fault}`, frame, clock.now());
    return { result: "refused", reason: error.fault };
  }

  return {
    receive(edge, given, answer) {
      const isFrame = given instanceof Uint8Array;
      const frame = isFrame ? given : Buffer.from(JSON.stringify([given]).slice(0, 65_536));
      const bytes = frame.byteLength;
      if (!inFlight.enter(edge.id, bytes)) {
        counts.busy += 1;
        return answer({ result: "busy", retryMs: 250 });
      }
      counts.blocks += 1;
      const settle = (given: BlockAnswer) => {
        inFlight.leave(edge.id, bytes);
        if (given.result === "busy") counts.busy += 1;
        if (given.result === "refused") counts.refused += 1;
        answer(given);
      };
      take(edge, isFrame ? frame : new Uint8Array(0), settle)
        .catch(async (error: unknown) => {
          if (error instanceof BlockError) return settle(await refuse(edge, frame, error));
          throw error;
        })
        .catch((error: unknown) => {
          counts.errors += 1;
          log.warn({ err: error, edge: edge.code }, "block not taken");
          settle({ result: "busy", retryMs: 250 });
        });
    },
    figures: () => ({
      ...counts,
      inFlightBytes: inFlight.bytes,
      inFlightLimitBytes: inFlight.limit,
      queuedBlocks: opened.reduce((sum, writer) => sum + writer.depth, 0),
    }),
    async idle() {
      await Promise.all(opened.map((writer) => writer.idle()));
    },
  };
}
