import type { Logger } from "#server/core/log.ts";
import { decodeHeader } from "./block.ts";
import type { BlockHeader } from "./block.contract.ts";
import {
  AckMarks,
  asideKey,
  blockKey,
  epochKey,
  type EpochName,
  EpochRecord,
  type Kind,
  marksKey,
  parseKey,
  rangeOf,
  recordKey,
  SourceMark,
} from "./queue-keys.ts";
import type { Opened, QueueStore, StoreOperation } from "./queue-store.ts";

/** An epoch as the running queue holds it. */
export interface Epoch {
  readonly name: EpochName;
  record: EpochRecord;
  marks: AckMarks;
  /** When its first block on the disk was appended, ms; null = not looked up. */
  headAt: number | null;
  /** The record changed in memory (an ack) and waits to be written. */
  dirty: boolean;
}

/** All epochs of one queue, by key. The newest of a stream is the live one. */
export class QueueState {
  readonly epochs = new Map<string, Epoch>();
  /** By source id. */
  readonly marks = new Map<number, SourceMark>();
  readonly #live = new Map<string, Epoch>();
  #born = 0;

  add(name: EpochName, record: EpochRecord, marks: AckMarks = []): Epoch {
    const epoch: Epoch = { name, record, marks, headAt: null, dirty: false };
    this.epochs.set(epochKey(name), epoch);
    this.#born = Math.max(this.#born, record.born);
    const stream = streamOf(name.kind, name.lane);
    const live = this.#live.get(stream);
    if (live === undefined || live.record.born < record.born) this.#live.set(stream, epoch);
    return epoch;
  }

  /** The epoch that new readings of a stream go to; the first use makes one. */
  live(kind: Kind, lane: number): Epoch {
    return this.#live.get(streamOf(kind, lane)) ?? this.begin(kind, lane);
  }

  isLive(epoch: Epoch): boolean {
    return this.#live.get(streamOf(epoch.name.kind, epoch.name.lane)) === epoch;
  }

  /** Begins a new live epoch; the one before stays to be drained. */
  begin(kind: Kind, lane: number): Epoch {
    const name = { kind, lane, epoch: randomEpoch() };
    return this.add(name, emptyRecord(this.#born + 1));
  }

  remove(epoch: Epoch): void {
    this.epochs.delete(epochKey(epoch.name));
  }

  get(name: EpochName): Epoch | undefined {
    return this.epochs.get(epochKey(name));
  }

  total(of: "blocks" | "bytes"): number {
    let sum = 0;
    for (const { record } of this.epochs.values()) sum += record[of];
    return sum;
  }

  /** Readings that the server has not acknowledged and that still lie here. */
  unacked(kind: Kind): number {
    let sum = 0;
    for (const { name, record } of this.epochs.values()) {
      if (name.kind !== kind) continue;
      sum += record.next - Math.max(record.acked + 1, record.first);
    }
    return sum;
  }
}

export function emptyRecord(born: number): EpochRecord {
  return { born, first: 1, next: 1, acked: 0, blocks: 0, bytes: 0, gaps: [] };
}

/** Something that was lost or doubted at the start; each becomes an event. */
export interface Finding {
  readonly name: EpochName;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads what the disk holds: one record and the last block of each epoch. What does not fit is scanned block by
 * block, its bad blocks are set aside, and the stream goes on in a new epoch because its tail cannot be trusted.
 */
export async function loadState(
  store: QueueStore,
  opened: Opened,
  log: Logger,
): Promise<{ state: QueueState; findings: Finding[] }> {
  const state = new QueueState();
  const findings: Finding[] = [];
  const doubted: Epoch[] = [];
  for (const name of await epochNames(store)) {
    const record = parseRecord(await store.get(recordKey(name)));
    const marks = AckMarks.safeParse(parseJson(await store.get(marksKey(name)))).data ?? [];
    if (record !== null && opened === "sound" && (await tailFits(store, name, record))) {
      state.add(name, record, marks);
      continue;
    }
    const born = record?.born ?? 0;
    const scanned = await scanEpoch(store, name, record ?? emptyRecord(born));
    log.error({ ...name, lost: scanned.findings }, "a stream of the queue is damaged");
    findings.push(...scanned.findings);
    doubted.push(state.add(name, scanned.record, marks));
  }
  for (const [key, value] of await store.entries(rangeOf("s"), 10_000)) {
    const mark = SourceMark.safeParse(parseJson(value));
    if (mark.success) state.marks.set(Number(key.slice(2)), mark.data);
  }
  const operations: StoreOperation[] = [];
  for (const epoch of doubted) {
    operations.push(putJson(recordKey(epoch.name), epoch.record));
    if (!state.isLive(epoch)) continue;
    const next = state.begin(epoch.name.kind, epoch.name.lane);
    operations.push(putJson(recordKey(next.name), next.record));
  }
  if (operations.length > 0) await store.batch(operations);
  return { state, findings };
}

/** Every epoch that has a record or a block, found by jumping from one to the next. */
async function epochNames(store: QueueStore): Promise<EpochName[]> {
  const names = new Map<string, EpochName>();
  for (const prefix of ["m", "b"]) {
    const { gte, lt } = rangeOf(prefix);
    let from = gte;
    for (;;) {
      const [entry] = await store.entries({ gte: from, lt }, 1);
      if (entry === undefined) break;
      const parsed = parseKey(entry[0]);
      if (parsed === null) {
        from = `${entry[0]}\u0000`;
        continue;
      }
      names.set(epochKey(parsed.name), parsed.name);
      from = `${prefix}|${epochKey(parsed.name)}}`;
    }
  }
  return [...names.values()];
}

async function tailFits(store: QueueStore, name: EpochName, record: EpochRecord): Promise<boolean> {
  const [last] = await store.entries({ ...rangeOf(`b|${epochKey(name)}`), reverse: true }, 1);
  if (last === undefined) return record.blocks === 0;
  const header = headerOf(last[1]);
  return header !== null && record.blocks > 0 && header.first + header.count === record.next;
}

/** Reads a whole epoch and makes its record anew: what can be read stays, the rest is set aside under gaps. */
async function scanEpoch(
  store: QueueStore,
  name: EpochName,
  old: EpochRecord,
): Promise<{ record: EpochRecord; findings: Finding[] }> {
  const range = rangeOf(`b|${epochKey(name)}`);
  const record: EpochRecord = { ...old, blocks: 0, bytes: 0, gaps: [...old.gaps] };
  const findings: Finding[] = [];
  let from = range.gte;
  let expected = old.blocks > 0 ? old.first : 0;
  const lost = (to: number) => {
    if (expected === 0 || to < expected) return;
    if (record.gaps.some((gap) => gap.from <= expected && gap.to >= to)) return;
    findings.push({ name, from: expected, to });
    record.gaps.push({ from: expected, to, reason: "queue_damaged" });
  };
  for (;;) {
    const entries = await store.entries({ ...range, gte: from }, 64);
    const aside: StoreOperation[] = [];
    for (const [key, value] of entries) {
      from = `${key}\u0000`;
      const header = headerOf(value);
      if (header === null || blockKey(name, header.first) !== key) {
        const first = parseKey(key)?.first ?? 0;
        aside.push({ type: "put", key: asideKey(name, first), value }, { type: "del", key });
        if (expected === 0) expected = first;
        continue;
      }
      lost(header.first - 1);
      if (record.blocks === 0) record.first = header.first;
      record.blocks++;
      record.bytes += value.length;
      expected = header.first + header.count;
    }
    if (aside.length > 0) await store.batch(aside);
    if (entries.length < 64) break;
  }
  record.next = Math.max(old.next, expected);
  lost(record.next - 1);
  if (record.blocks === 0) record.first = record.next;
  return { record, findings };
}

/** The header of a block that can be trusted, or null. */
export function headerOf(frame: Uint8Array): BlockHeader | null {
  try {
    return decodeHeader(frame);
  } catch {
    return null;
  }
}

export function putJson(key: string, value: unknown): StoreOperation {
  return { type: "put", key, value: new TextEncoder().encode(JSON.stringify(value)) };
}

function parseJson(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return null;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

function parseRecord(bytes: Uint8Array | undefined): EpochRecord | null {
  return EpochRecord.safeParse(parseJson(bytes)).data ?? null;
}

function randomEpoch(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");
}

const streamOf = (kind: Kind, lane: number) => `${kind}|${lane}`;
