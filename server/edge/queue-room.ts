import { blockKey, epochKey, type EpochName, type EpochRecord, rangeOf } from "./queue-keys.ts";
import { type Epoch, headerOf, type QueueState } from "./queue-state.ts";
import type { QueueStore, StoreOperation } from "./queue-store.ts";
import type { StreamGap } from "./uplink.contract.ts";

/** What has to go, as one part of the batch that needs the room. Nothing has happened before that batch is written. */
export interface Room {
  readonly operations: StoreOperation[];
  /** The records as they will be. */
  readonly records: Map<Epoch, EpochRecord>;
  /** What will be lost unsent: to be recorded in the same batch. */
  readonly gaps: StreamGap[];
  freed: number;
}

/** Dropped at once, so that a full queue records a gap per some megabytes and not one per block. */
const sliceBytes = 4 * 1024 * 1024;
const scanned = 64;

/**
 * Finds at least `need` bytes: the oldest acknowledged blocks first, then the oldest telemetry, then events. Pure
 * planning: the caller writes. `freed` says whether it was enough.
 */
export async function planRoom(
  store: QueueStore,
  state: QueueState,
  need: number,
  cap: number,
): Promise<Room> {
  const room: Room = { operations: [], records: new Map(), gaps: [], freed: 0 };
  const slice = Math.max(need, Math.min(sliceBytes, cap / 64));
  const recordOf = (epoch: Epoch) => room.records.get(epoch) ?? epoch.record;
  const classes: ((epoch: Epoch) => number)[] = [
    (epoch) => recordOf(epoch).acked,
    (epoch) => (epoch.name.kind === "readings" ? recordOf(epoch).next - 1 : 0),
    (epoch) => recordOf(epoch).next - 1,
  ];
  for (const upTo of classes) {
    for (;;) {
      if (room.freed >= need) return room;
      const may = (epoch: Epoch) => recordOf(epoch).blocks > 0 && recordOf(epoch).first <= upTo(epoch);
      const victim = await oldest(store, state, may, (epoch) => recordOf(epoch).first);
      if (victim === null) break;
      const before = recordOf(victim);
      const cut = await cutHead(store, victim.name, before, upTo(victim), slice - room.freed);
      if (cut.bytes === 0) break;
      room.operations.push(...cut.operations);
      room.freed += cut.bytes;
      room.records.set(victim, cut.record);
      // Looked up anew: the first block is another one now.
      victim.headAt = null;
      const from = Math.max(before.acked + 1, before.first);
      const to = cut.record.first - 1;
      if (to >= from) {
        const gap = { from, to, reason: "queue_full" } as const;
        room.gaps.push({ stream: victim.name, ...gap });
        room.records.set(victim, { ...cut.record, gaps: [...cut.record.gaps, gap] });
      }
    }
  }
  return room;
}

/**
 * The blocks at the head of an epoch that end at or before `upTo`, until `bytes` are found, as deletions and the
 * record that remains.
 */
export async function cutHead(
  store: QueueStore,
  name: EpochName,
  record: EpochRecord,
  upTo: number,
  bytes: number,
): Promise<{ operations: StoreOperation[]; record: EpochRecord; bytes: number }> {
  const operations: StoreOperation[] = [];
  const range = rangeOf(`b|${epochKey(name)}`);
  let freed = 0;
  let first = record.first;
  let from = blockKey(name, record.first);
  scan: for (;;) {
    const entries = await store.entries({ gte: from, lt: range.lt }, scanned);
    for (const [key, value] of entries) {
      const header = headerOf(value);
      if (header !== null) first = header.first;
      // A block that cannot be read goes with its neighbours.
      if (freed >= bytes || (header !== null && header.first + header.count - 1 > upTo)) break scan;
      operations.push({ type: "del", key });
      freed += value.length;
      if (header !== null) first = header.first + header.count;
      from = `${key}\u0000`;
    }
    if (entries.length < scanned) break;
  }
  const blocks = record.blocks - operations.length;
  const left = { blocks, bytes: Math.max(0, record.bytes - freed), first: blocks > 0 ? first : record.next };
  return { operations, record: { ...record, ...left }, bytes: freed };
}

/** Of the epochs that may give room, the one whose first block is the oldest. */
async function oldest(
  store: QueueStore,
  state: QueueState,
  may: (epoch: Epoch) => boolean,
  first: (epoch: Epoch) => number,
): Promise<Epoch | null> {
  let found: Epoch | null = null;
  for (const epoch of state.epochs.values()) {
    if (!may(epoch)) continue;
    epoch.headAt ??= await headTime(store, epoch.name, first(epoch));
    if (found === null || epoch.headAt < (found.headAt ?? 0)) found = epoch;
  }
  return found;
}

/** When the first block of an epoch was appended, ms; 0 when it cannot be read. */
async function headTime(store: QueueStore, name: EpochName, first: number): Promise<number> {
  const { lt } = rangeOf(`b|${epochKey(name)}`);
  const [entry] = await store.entries({ gte: blockKey(name, first), lt }, 1);
  return (entry === undefined ? null : headerOf(entry[1]))?.edgeTime ?? 0;
}
