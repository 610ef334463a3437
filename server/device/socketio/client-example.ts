import { io } from "socket.io-client";
import type { Clock } from "#server/core/clock.ts";
import {
  type BatchAnswer,
  type DeviceHello,
  deviceNamespace,
  type DeviceWrite,
  type DeviceWriteAnswer,
  maxBatchReadings,
  type WireValue,
} from "./wire.contract.ts";

export interface DeviceReading {
  /** `<device>/<metric>`. */
  readonly metric: string;
  readonly at: number;
  readonly value: WireValue;
  readonly unit: string | null;
}

export interface DeviceOptions {
  /** The edge's device listener, e.g. `http://127.0.0.1:3010`. */
  readonly url: string;
  readonly source: string;
  readonly token: string;
  readonly session: string;
  readonly clock: Clock;
  /** Most readings kept while the edge is away; the oldest make room. */
  readonly capacity: number;
  /** Obeys a write, or says why not. */
  onWrite(write: DeviceWrite): DeviceWriteAnswer;
  onSent(readings: readonly DeviceReading[], historical: boolean): void;
  onDropped(count: number): void;
  onProblem(reason: string): void;
}

/** A whole device: it keeps each reading until the edge has stored it, and obeys writes. */
export function createDevice(options: DeviceOptions) {
  const { source, token, session, clock } = options;
  const socket = io(options.url + deviceNamespace, {
    auth: { source, token, session },
    transports: ["websocket"],
    reconnectionDelay: 200,
    reconnectionDelayMax: 5000,
  });
  const store: DeviceReading[] = [];
  let batch: { id: number; readings: DeviceReading[]; historical: boolean } | null = null;
  let id = 0;
  let sending = false;
  let greeted = false;
  let again: NodeJS.Timeout | undefined;

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    while (greeted && (batch !== null || store.length > 0)) {
      if (batch === null) {
        const readings = store.splice(0, maxBatchReadings);
        const historical = clock.now() - (readings[0]?.at ?? 0) > 60_000;
        batch = { id: ++id, readings, historical };
        options.onSent(readings, historical);
      }
      const { readings, historical } = batch;
      const metrics = [...new Set(readings.map((reading) => reading.metric))];
      const place = new Map(metrics.map((metric, i) => [metric, i]));
      const units = metrics.map((m) => readings.find((reading) => reading.metric === m)?.unit ?? null);
      const rows = readings.map(({ metric, at, value }) => [place.get(metric), at, value]);
      const message = { v: 1, id: batch.id, metrics, units, historical, rows };
      try {
        const answer: BatchAnswer = await socket.timeout(10_000).emitWithAck("readings", message);
        if (answer.result === "busy") await clock.sleep(answer.retryMs);
        else batch = null;
        if (answer.result === "refused") options.onProblem(answer.reason);
      } catch {
        greeted &&= socket.connected; // no answer: the same batch again, now or after the next hello
      }
    }
    sending = false;
  }

  socket.on("hello", (hello: DeviceHello) => {
    if (batch !== null && batch.id <= hello.stored) batch = null;
    greeted = true;
    void send();
  });
  socket.on("disconnect", (reason) => {
    greeted = false;
    if (reason === "io server disconnect") socket.connect();
  });
  socket.on("connect_error", (error) => {
    // Refused by the edge, not by the network: the library would not try again.
    if (!socket.active) again = setTimeout(() => socket.connect(), 1000);
    // Last, so that whoever is told may stop the device.
    options.onProblem(error.message);
  });
  socket.on("write", (write: DeviceWrite, answer: (answer: DeviceWriteAnswer) => void) => {
    answer(options.onWrite(write));
  });

  return {
    put(readings: readonly DeviceReading[]): void {
      store.push(...readings);
      const tooMany = store.length - options.capacity;
      if (tooMany > 0) options.onDropped(store.splice(0, tooMany).length);
      void send();
    },
    connected: () => greeted,
    waiting: () => store.length + (batch?.readings.length ?? 0),
    stop(): void {
      clearTimeout(again);
      socket.disconnect();
    },
  };
}
