import { crc32 } from "node:zlib";
import { z } from "zod";
import { BlockHeader, type DeadReading, deadReasons, noTag, type ReadingColumns } from "./block.contract.ts";
import { EdgeEvent, maxBlockBytes } from "./uplink.contract.ts";

/*
 * A block is the unit on disk, on the wire and in the database (design §4.3). Little-endian, in this order:
 *
 *   magic "MWB1" · u32 length of the whole frame · u32 length of the header · header (JSON) · padding to 8 bytes
 *   readings: f64 source time, f64 edge time, f64 num, u32 tag id, [u16 text index], u8 quality, each `count` long;
 *             then the table of texts and the dead readings, both JSON
 *   events:   JSON array of EdgeEvent
 *   u32 CRC-32 over everything before it
 *
 * Nothing is made per reading, neither here nor at the server: columns in, columns out.
 */
const magic = 0x3142574d; // "MWB1" read as a little-endian u32
const prefixBytes = 12;
const crcBytes = 4;

/** Why a frame is refused as a whole. */
export type BlockFault = "torn" | "too_large" | "checksum" | "header" | "inconsistent";

/** A frame that cannot be trusted. It is never half used: its sender keeps it, or it is set aside whole. */
export class BlockError extends Error {
  readonly fault: BlockFault;

  constructor(fault: BlockFault, message: string) {
    super(message);
    this.name = "BlockError";
    this.fault = fault;
  }
}

export interface ReadingsBlock {
  readonly kind: "readings";
  readonly header: BlockHeader;
  readonly columns: ReadingColumns;
  readonly dead: readonly DeadReading[];
}

export interface EventsBlock {
  readonly kind: "events";
  readonly header: BlockHeader;
  readonly events: readonly EdgeEvent[];
}

export type Block = ReadingsBlock | EventsBlock;

/** The header as it is written: what the contract says, and how long the parts of variable length are. */
const WireHeader = BlockHeader.extend({
  textBytes: z.number().int().min(0),
  jsonBytes: z.number().int().min(0),
});
const Texts = z.array(z.string()).max(2000);
const Dead = z
  .array(z.object({ seq: z.number().int().positive(), reason: z.enum(deadReasons), raw: z.unknown() }))
  .max(2000);
const Events = z.array(EdgeEvent).max(2000);

/**
 * Encodes readings. All columns must be `header.count` long and dead readings ascend by seq.
 * @throws BlockError `inconsistent` when they are not, `too_large` beyond {@link maxBlockBytes}.
 */
export function encodeReadings(
  header: BlockHeader,
  columns: ReadingColumns,
  dead: readonly DeadReading[] = [],
): Uint8Array {
  if (header.kind !== "readings") throw new BlockError("inconsistent", "Not a header of readings.");
  const fault = whyInconsistent(header, columns, dead);
  if (fault !== null) throw new BlockError("inconsistent", fault);
  const n = header.count;
  const { table, index } = textTable(columns.txt);
  const text = table.length === 0 ? empty : utf8(JSON.stringify(table));
  const json = dead.length === 0 ? empty : utf8(JSON.stringify(dead));
  const frame = frameFor(header, text.length, json.length, columnBytes(n, text.length > 0));
  let at = frame.bodyAt;
  for (const column of [columns.sourceTs, columns.edgeTs, columns.num, columns.tagIds]) {
    frame.bytes.set(bytesOf(column), at);
    at += column.byteLength;
  }
  if (index !== null) {
    frame.bytes.set(bytesOf(index), at);
    at += index.byteLength;
  }
  frame.bytes.set(columns.quality, at);
  at += n;
  frame.bytes.set(text, at);
  frame.bytes.set(json, at + text.length);
  return seal(frame);
}

/** Encodes events; `header.count` must be their number. @throws BlockError as {@link encodeReadings}. */
export function encodeEvents(header: BlockHeader, events: readonly EdgeEvent[]): Uint8Array {
  if (header.kind !== "events" || header.count !== events.length) {
    throw new BlockError("inconsistent", "The header does not fit these events.");
  }
  const json = utf8(JSON.stringify(events));
  const frame = frameFor(header, 0, json.length, 0);
  frame.bytes.set(json, frame.bodyAt);
  return seal(frame);
}

/**
 * Decodes one frame, whole or not at all: a torn, oversized, changed or self-contradicting frame is refused.
 * The columns are copies; the frame may be reused.
 * @throws BlockError with the fault.
 */
export function decodeBlock(frame: Uint8Array): Block {
  const { header, bodyAt } = readHeader(frame);
  const { textBytes, jsonBytes, ...blockHeader } = header;
  const n = header.count;
  const columnar = header.kind === "readings" ? columnBytes(n, textBytes > 0) : 0;
  if (bodyAt + columnar + textBytes + jsonBytes + crcBytes !== frame.length) {
    throw new BlockError("inconsistent", "The parts do not add up to the length.");
  }
  const jsonAt = bodyAt + columnar + textBytes;
  const json = () => parseJson(frame.subarray(jsonAt, jsonAt + jsonBytes));
  if (header.kind === "events") {
    const events = check(Events, json());
    if (events.length !== n || textBytes !== 0) {
      throw new BlockError("inconsistent", "Not as many events as said.");
    }
    return { kind: "events", header: blockHeader, events };
  }
  // One copy gives every column its alignment, wherever in a pool the frame lies.
  const body = new Uint8Array(frame.subarray(bodyAt, bodyAt + columnar)).buffer;
  const table = textBytes === 0 ? [] : check(Texts, parseJson(frame.subarray(bodyAt + columnar, jsonAt)));
  const index = textBytes === 0 ? null : new Uint16Array(body, n * 28, n);
  const columns: ReadingColumns = {
    sourceTs: new Float64Array(body, 0, n),
    edgeTs: new Float64Array(body, n * 8, n),
    num: new Float64Array(body, n * 16, n),
    tagIds: new Uint32Array(body, n * 24, n),
    txt: textColumn(n, index, table),
    quality: new Uint8Array(body, n * (index === null ? 28 : 30), n),
  };
  const dead = jsonBytes === 0 ? [] : check(Dead, json());
  const fault = whyInconsistent(blockHeader, columns, dead);
  if (fault !== null) throw new BlockError("inconsistent", fault);
  return { kind: "readings", header: blockHeader, columns, dead };
}

/** The header alone, after the frame's length and checksum have been proved. @throws BlockError */
export function decodeHeader(frame: Uint8Array): BlockHeader {
  const { textBytes: _text, jsonBytes: _json, ...header } = readHeader(frame).header;
  return header;
}

/**
 * The same block, marked historical: a backlog that drains beside its live successor must raise no alarm. Identity
 * and columns stay; only the flag and the checksum differ. @throws BlockError
 */
export function asHistorical(frame: Uint8Array): Uint8Array {
  if (decodeHeader(frame).historical) return frame;
  const bytes = new Uint8Array(frame);
  bytes.set(historicalBytes, flagAt(frame));
  return seal({ bytes, bodyAt: 0 });
}

function flagAt(frame: Uint8Array): number {
  const at = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).indexOf(liveBytes);
  if (at < 0) throw new BlockError("header", "No flag of history.");
  return at;
}

function readHeader(frame: Uint8Array): { header: z.infer<typeof WireHeader>; bodyAt: number } {
  if (frame.length > maxBlockBytes) throw new BlockError("too_large", `${frame.length} bytes.`);
  if (frame.length < prefixBytes + crcBytes) throw new BlockError("torn", `Only ${frame.length} bytes.`);
  const view = viewOf(frame);
  if (view.getUint32(0, true) !== magic) throw new BlockError("header", "Not a block.");
  if (view.getUint32(4, true) !== frame.length) {
    throw new BlockError("torn", `${frame.length} of ${view.getUint32(4, true)} bytes.`);
  }
  const end = frame.length - crcBytes;
  if (crc32(frame.subarray(0, end)) !== view.getUint32(end, true)) {
    throw new BlockError("checksum", "The checksum does not fit.");
  }
  const headerBytes = view.getUint32(8, true);
  const bodyAt = aligned(prefixBytes + headerBytes);
  if (bodyAt > end) throw new BlockError("inconsistent", "The header is longer than the frame.");
  const header = check(WireHeader, parseJson(frame.subarray(prefixBytes, prefixBytes + headerBytes)));
  return { header, bodyAt };
}

/** What contradicts itself in a block of readings, or null. One loop over the columns, no object per reading. */
function whyInconsistent(
  header: BlockHeader,
  columns: ReadingColumns,
  dead: readonly DeadReading[],
): string | null {
  const n = header.count;
  const { tagIds, sourceTs, edgeTs, num, txt, quality } = columns;
  for (const column of [tagIds, sourceTs, edgeTs, num, txt, quality]) {
    if (column.length !== n) return `A column is ${column.length} long, not ${n}.`;
  }
  let nextDead = 0;
  for (let i = 0; i < n; i++) {
    if (tagIds[i] === noTag) {
      if (dead[nextDead]?.seq !== header.first + i)
        return `Seq ${header.first + i} has neither tag nor reason.`;
      nextDead++;
    }
    const value = num[i] ?? Number.NaN;
    if (!Number.isFinite(sourceTs[i]) || !Number.isFinite(edgeTs[i])) return `No time at index ${i}.`;
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
      return `Infinity at index ${i}.`;
    if (txt[i] !== null && !Number.isNaN(value)) return `Number and text at index ${i}.`;
    if ((quality[i] ?? 255) > 3) return `Unknown quality at index ${i}.`;
  }
  return nextDead === dead.length ? null : "A dead reading has no place.";
}

function columnBytes(n: number, withText: boolean): number {
  return n * (withText ? 31 : 29);
}

interface Frame {
  readonly bytes: Uint8Array;
  readonly bodyAt: number;
}

function frameFor(header: BlockHeader, textBytes: number, jsonBytes: number, columnar: number): Frame {
  const head = utf8(JSON.stringify({ ...header, textBytes, jsonBytes }));
  const bodyAt = aligned(prefixBytes + head.length);
  const length = bodyAt + columnar + textBytes + jsonBytes + crcBytes;
  if (length > maxBlockBytes) throw new BlockError("too_large", `${length} bytes.`);
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  view.setUint32(0, magic, true);
  view.setUint32(4, length, true);
  view.setUint32(8, head.length, true);
  bytes.set(head, prefixBytes);
  return { bytes, bodyAt };
}

function seal({ bytes }: Frame): Uint8Array {
  const end = bytes.length - crcBytes;
  viewOf(bytes).setUint32(end, crc32(bytes.subarray(0, end)), true);
  return bytes;
}

/** Machines repeat a few words (states, fault codes): each is written once. Null when there is no text at all. */
function textTable(txt: readonly (string | null)[]): { table: string[]; index: Uint16Array | null } {
  let index: Uint16Array | null = null;
  const places = new Map<string, number>();
  for (const [i, text] of txt.entries()) {
    if (text === null) continue;
    index ??= new Uint16Array(txt.length);
    let place = places.get(text);
    if (place === undefined) {
      place = places.size + 1;
      places.set(text, place);
    }
    index[i] = place;
  }
  return { table: [...places.keys()], index };
}

function textColumn(n: number, index: Uint16Array | null, table: readonly string[]): (string | null)[] {
  const txt = Array.from<string | null>({ length: n }).fill(null);
  if (index === null) return txt;
  for (let i = 0; i < n; i++) {
    const place = index[i] ?? 0;
    if (place === 0) continue;
    const text = table[place - 1];
    if (text === undefined) throw new BlockError("inconsistent", `No text ${place}.`);
    txt[i] = text;
  }
  return txt;
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new BlockError("header", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    throw new BlockError("inconsistent", "A part is not JSON.");
  }
}

const empty = new Uint8Array(0);
const encoder = new TextEncoder();
const utf8 = (text: string) => encoder.encode(text);
// As long as one another, so that the flag can change in place: JSON does not mind the space.
const liveBytes = utf8('"historical":false');
const historicalBytes = utf8('"historical":true ');
const aligned = (at: number) => Math.ceil(at / 8) * 8;
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const bytesOf = (column: Float64Array | Uint32Array | Uint16Array) =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
