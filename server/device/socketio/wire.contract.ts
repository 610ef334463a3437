import { z } from "zod";

/**
 * How a device speaks over socket.io. It connects to namespace `/device` of the edge's own listener (WebSocket
 * only) with `auth: { source, token, session }`, hears `hello`, sends `readings` and keeps each batch until it is
 * answered `stored`; it obeys `write`. `client-example.ts` is a whole device in one small file.
 */
export const deviceNamespace = "/device";
export const maxBatchReadings = 500;
export const maxBatchBytes = 256 * 1024;
/** Batches of one device that may wait for their answer at the same time. */
export const maxBatchesInFlight = 4;
/** Longest text value, in UTF-16 units. */
export const maxTextLength = 4096;

/** Options of the edge's listener: dead peers are noticed in 10 s, and no message is larger than 1 MiB. */
export const deviceServerOptions = {
  transports: ["websocket" as const],
  pingInterval: 5000,
  pingTimeout: 5000,
  maxHttpBufferSize: 1024 * 1024,
  connectTimeout: 10_000,
  serveClient: false,
};

export const DeviceAuth = z.object({
  /** Code of the source, as it was enrolled. */
  source: z.string().min(1).max(64),
  token: z.string().min(1).max(256),
  /** Names the device's own store; new when that store was lost. Batch numbers count within it. */
  session: z.string().min(1).max(64),
});
export type DeviceAuth = z.infer<typeof DeviceAuth>;

/** The head of a batch. `rows` are checked by one loop, not by zod. */
export const BatchHeader = z.object({
  v: z.literal(1),
  /**
   * 1, 2, 3 … within the session, sent in this order. A number sent again is the same batch and is stored once; a
   * batch that overtook one answered `busy` is answered `busy` too.
   */
  id: z.number().int().positive(),
  /** Names once a batch, e.g. `packer-1/Good`; rows point at them. */
  metrics: z.array(z.string().min(1).max(256)).min(1).max(maxBatchReadings),
  /** The device's unit of each metric, null where it has none. */
  units: z.array(z.string().max(32).nullable()).max(maxBatchReadings).optional(),
  /** Taken while the link was down. */
  historical: z.boolean().optional(),
  rows: z.array(z.unknown()).min(1).max(maxBatchReadings),
});
export type BatchHeader = z.infer<typeof BatchHeader>;

/**
 * A value on the wire. null = the device has none (JSON makes null of NaN too: do not send NaN).
 * `{ int64 }` carries a whole number beyond 2^53 as decimal digits.
 */
export type WireValue = number | string | boolean | null | { readonly int64: string };

/** [place in `metrics`, source time in ms since epoch, value, quality 0 good … 3 stale; good if left out]. */
export type WireRow =
  | readonly [metric: number, at: number, value: WireValue]
  | readonly [metric: number, at: number, value: WireValue, quality: number];

export interface DeviceBatch extends Omit<BatchHeader, "rows" | "units" | "historical"> {
  readonly units?: (string | null)[];
  readonly historical?: boolean;
  readonly rows: WireRow[];
}

/** `stored`: on the edge's disk, forget it (unreadable rows are kept as dead letters). `refused`: never send it again. */
export const BatchAnswer = z.discriminatedUnion("result", [
  z.object({
    result: z.literal("stored"),
    refused: z.array(z.object({ row: z.number().int(), reason: z.string() })),
  }),
  z.object({ result: z.literal("refused"), reason: z.string() }),
  z.object({ result: z.literal("busy"), retryMs: z.number().int().positive() }),
]);
export type BatchAnswer = z.infer<typeof BatchAnswer>;

/** First thing a device hears. `stored`: the highest batch of its session that is stored; go on from there. */
export interface DeviceHello {
  readonly v: 1;
  /** The edge's clock, ms since epoch. */
  readonly now: number;
  readonly stored: number;
  readonly maxReadings: number;
  readonly maxBytes: number;
}

/** An absolute value for one metric. Never sent twice by the edge. */
export interface DeviceWrite {
  readonly metric: string;
  readonly value: number | string | boolean;
  /** The edge's clock when it was sent, ms since epoch. */
  readonly at: number;
}

export const DeviceWriteAnswer = z.discriminatedUnion("result", [
  z.object({ result: z.literal("accepted") }),
  z.object({ result: z.literal("refused"), reason: z.string().max(500) }),
]);
export type DeviceWriteAnswer = z.infer<typeof DeviceWriteAnswer>;

export interface DeviceToEdge {
  readings: (batch: unknown, answer: (answer: BatchAnswer) => void) => void;
}

export interface EdgeToDevice {
  hello: (hello: DeviceHello) => void;
  write: (write: DeviceWrite, answer: (answer: unknown) => void) => void;
}
