import { randomUUID } from "node:crypto";
import { io, type Socket } from "socket.io-client";
import type { Clock } from "#server/core/clock.ts";
import {
  BatchAnswer,
  type DeviceBatch,
  deviceNamespace,
  maxBatchesInFlight,
  maxBatchReadings,
  type WireRow,
} from "../socketio/wire.contract.ts";

export interface LoadOptions {
  readonly url: string;
  readonly source: string;
  readonly token: string;
  /** The tags' metrics, spoken in turn. */
  readonly metrics: readonly string[];
  readonly readingsPerSecond: number;
  /** Ends after this, s; what is still unacknowledged then is sent to its end. */
  readonly seconds: number;
  /** Most readings of one message, 1 to 500. */
  readonly perMessage: number;
  readonly clock: Clock;
}

export interface LoadResult {
  /** Readings the edge answered as stored. */
  readonly stored: number;
  readonly refused: number;
  /** Messages that had to be sent again. */
  readonly busy: number;
  /** From the first message to the last answer. */
  readonly seconds: number;
  /** Time from sending a message to its answer, ms. */
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
}

/** Whoever is added now is known to its edge some moments later, ms. */
const doorMs = 20_000;
const knockMs = 100;

/** Resolves once the edge has greeted the device; one that it does not know yet knocks again. @throws Error after 20 s */
export async function letIn(socket: Socket, clock: Clock): Promise<void> {
  const end = clock.monotonic() + doorMs;
  for (;;) {
    const refusal = await new Promise<Error | null>((answer) => {
      socket.once("hello", () => answer(null));
      socket.once("connect_error", answer);
    });
    if (refusal === null) return;
    if (clock.monotonic() > end) throw refusal;
    await clock.sleep(knockMs);
    if (!socket.active) socket.connect();
  }
}

/**
 * One device that speaks as fast as it is told, for benches: readings are made by the clock at their rate, so that a
 * slow edge shows as a longer run, never as fewer readings.
 * @throws Error when the edge does not let it in, or does not answer for 10 s.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { url, source, token, clock, metrics, readingsPerSecond, seconds } = options;
  const perMessage = Math.min(Math.max(1, options.perMessage), maxBatchReadings);
  const socket = io(url + deviceNamespace, {
    auth: { source, token, session: randomUUID() },
    transports: ["websocket"],
    forceNew: true,
  });
  await letIn(socket, clock);

  const total = Math.floor(readingsPerSecond * seconds);
  const began = clock.monotonic();
  const ackMs: number[] = [];
  let made = 0;
  let id = 0;
  let stored = 0;
  let refused = 0;
  let busy = 0;
  let open: DeviceBatch[] = [];

  function make(count: number): DeviceBatch {
    const used = new Map<string, number>();
    const now = clock.now();
    const rows = Array.from({ length: count }, (_, i): WireRow => {
      const n = made + i;
      const metric = metrics[n % metrics.length] ?? "";
      const place = used.get(metric) ?? used.size;
      used.set(metric, place);
      return [place, now, Math.round(1000 * Math.sin(n / 500)) / 10 + (n % 10)];
    });
    made += count;
    id += 1;
    return { v: 1, id, metrics: [...used.keys()], rows };
  }

  async function send(batch: DeviceBatch): Promise<boolean> {
    const sentAt = clock.monotonic();
    const answer = BatchAnswer.parse(await socket.timeout(10_000).emitWithAck("readings", batch));
    ackMs.push(clock.monotonic() - sentAt);
    if (answer.result === "busy") {
      busy += 1;
      return false;
    }
    const bad = answer.result === "refused" ? batch.rows.length : answer.refused.length;
    refused += bad;
    stored += batch.rows.length - bad;
    return true;
  }

  try {
    while (made < total || open.length > 0) {
      const due = Math.min(total, Math.floor(((clock.monotonic() - began) / 1000) * readingsPerSecond));
      while (open.length < maxBatchesInFlight && made < due)
        open.push(make(Math.min(perMessage, due - made)));
      if (open.length === 0) {
        await clock.sleep(5);
        continue;
      }
      const done = await Promise.all(open.map(send));
      open = open.filter((_, i) => done[i] !== true);
    }
  } finally {
    socket.disconnect();
  }
  const sorted = ackMs.toSorted((a, b) => a - b);
  const percentile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return {
    stored,
    refused,
    busy,
    seconds: (clock.monotonic() - began) / 1000,
    ackP50Ms: percentile(0.5),
    ackP99Ms: percentile(0.99),
  };
}
