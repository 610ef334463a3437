import { randomBytes } from "node:crypto";
import type { Socket } from "socket.io-client";
import { systemClock } from "#server/core/clock.ts";
import { encodeEvents, encodeReadings } from "#server/edge/block.ts";
import type { DeadReading } from "#server/edge/block.contract.ts";
import type { BlockAnswer, EdgeEvent, EdgeToServer, ServerToEdge } from "#server/edge/uplink.contract.ts";

export interface TestReading {
  readonly tagId: number;
  readonly at: number;
  readonly value: number | string | null;
  readonly quality?: number;
}

/** A block as an edge would send it. */
export function block(options: {
  epoch: string;
  first: number;
  readings: readonly TestReading[];
  dead?: readonly DeadReading[];
  lane?: number;
  historical?: boolean;
}): Uint8Array {
  const { epoch, first, readings, dead = [], lane = 0, historical = false } = options;
  const at = readings[0]?.at ?? 0;
  return encodeReadings(
    { v: 1, kind: "readings", lane, epoch, first, count: readings.length, historical, edgeTime: at },
    {
      tagIds: Uint32Array.from(readings, (r) => r.tagId),
      sourceTs: Float64Array.from(readings, (r) => r.at),
      edgeTs: Float64Array.from(readings, (r) => r.at),
      num: Float64Array.from(readings, (r) => (typeof r.value === "number" ? r.value : Number.NaN)),
      txt: readings.map((r) => (typeof r.value === "string" ? r.value : null)),
      quality: Uint8Array.from(readings, (r) => r.quality ?? 0),
    },
    dead,
  );
}

export function eventBlock(options: {
  epoch: string;
  first: number;
  events: readonly EdgeEvent[];
  lane?: number;
}): Uint8Array {
  const { epoch, first, events, lane = 0 } = options;
  return encodeEvents(
    {
      v: 1,
      kind: "events",
      lane,
      epoch,
      first,
      count: events.length,
      historical: false,
      edgeTime: events[0]?.at ?? 0,
    },
    events,
  );
}

export const randomEpoch = (): string => randomBytes(8).toString("hex");

export type EdgeClient = Socket<ServerToEdge, EdgeToServer>;

/** Sends one block and waits for its answer. */
export function send(socket: EdgeClient, frame: Uint8Array): Promise<BlockAnswer> {
  return socket.timeout(20_000).emitWithAck("block", frame);
}

/**
 * Sends until it is acked, as an edge does: `busy` and lost connections are tried again, and `expect` means that a
 * block before this one was not taken yet.
 */
export async function deliver(socket: EdgeClient, frame: Uint8Array): Promise<BlockAnswer> {
  for (;;) {
    try {
      const answer = await socket.timeout(3000).emitWithAck("block", frame);
      if (answer.result === "acked" || answer.result === "refused") return answer;
      await systemClock.sleep(answer.result === "busy" ? answer.retryMs : 20);
    } catch {
      // No answer: what became of it is not known, so it is sent again.
    }
  }
}
