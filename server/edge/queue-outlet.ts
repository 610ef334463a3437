import { asHistorical, decodeBlock, encodeEvents, encodeReadings } from "./block.ts";
import type { BlockHeader } from "./block.contract.ts";
import { asideKey, blockKey, epochKey, type EpochName, type EpochRecord, rangeOf } from "./queue-keys.ts";
import { type Epoch, headerOf } from "./queue-state.ts";
import type { StoreOperation } from "./queue-store.ts";
import type { Queue } from "./queue.ts";
import type { StreamCursor, StreamGap } from "./uplink.contract.ts";

/** A block as it lies on the disk. */
export interface StoredBlock {
  readonly first: number;
  readonly last: number;
  readonly header: BlockHeader;
  readonly frame: Uint8Array;
}

/** One epoch as the uplink sees it. */
export interface OutletEpoch {
  readonly name: EpochName;
  readonly live: boolean;
  readonly acked: number;
  readonly next: number;
}

/** The longest block there may be: where to begin to look for the one that holds a seq. */
const maxCount = 2000;

/** The way out of the queue: blocks in order, acks, rewinds, and what to do about blocks that cannot be sent. */
export class QueueOutlet {
  readonly #queue: Queue;
  /** Where each epoch stood when this process began: a cursor beyond it was earned by another life of this queue. */
  readonly #inherited: Map<string, number>;
  #met = false;

  constructor(queue: Queue) {
    this.#queue = queue;
    const { epochs } = queue.disk.state;
    this.#inherited = new Map([...epochs].map(([key, epoch]) => [key, epoch.record.next - 1]));
  }

  /** Epochs with something the server has not acknowledged, in the order they were begun. */
  open(): OutletEpoch[] {
    const { state } = this.#queue.disk;
    return [...state.epochs.values()]
      .filter(({ record }) => record.blocks > 0 && record.acked < record.next - 1)
      .toSorted((a, b) => a.record.born - b.record.born)
      .map((epoch) => ({
        name: epoch.name,
        live: state.isLive(epoch),
        acked: epoch.record.acked,
        next: epoch.record.next,
      }));
  }

  /**
   * The block that holds `seq`, or the next one after it when there is a hole; null = nothing yet. A backlog comes
   * marked historical. A block that cannot be trusted is set aside under a gap and the next one is given.
   */
  async read(name: EpochName, seq: number): Promise<StoredBlock | null> {
    const { disk } = this.#queue;
    for (;;) {
      const epoch = disk.state.get(name);
      if (epoch === undefined || seq >= epoch.record.next) return null;
      const found = await disk.mended(() => this.#find(epoch, seq));
      if (found === null) return null;
      const header = headerOf(found.frame);
      if (header === null) {
        await this.setAside(name, found.first, "queue_damaged");
        continue;
      }
      const backlog = name.kind === "readings" && !disk.state.isLive(epoch);
      const frame = backlog ? asHistorical(found.frame) : found.frame;
      return { first: header.first, last: header.first + header.count - 1, header, frame };
    }
  }

  /** The server has everything up to `acked`. Written with the next batch: losing it only resends. */
  acked(name: EpochName, acked: number): void {
    const epoch = this.#queue.disk.state.get(name);
    if (epoch === undefined || acked <= epoch.record.acked) return;
    epoch.record = { ...epoch.record, acked: Math.min(acked, epoch.record.next - 1) };
    epoch.dirty = true;
  }

  /** The server wants everything after `acked` again; what is still here becomes unacknowledged. */
  rewind(name: EpochName, acked: number): void {
    const epoch = this.#queue.disk.state.get(name);
    if (epoch === undefined || acked >= epoch.record.acked) return;
    epoch.record = { ...epoch.record, acked };
    epoch.marks = epoch.marks.filter((mark) => mark.acked <= acked);
    epoch.dirty = true;
  }

  /**
   * Compares with what the server has. A lower or missing cursor (a restore) rewinds; a higher one is believed,
   * except on the first meeting of this process: there it shows that the disk is older than what was sent from it,
   * and what was stored since gets a new epoch instead of numbers that are taken.
   */
  async meet(cursors: readonly StreamCursor[]): Promise<void> {
    const { state } = this.#queue.disk;
    const acked = new Map(cursors.map((cursor) => [epochKey(cursor), cursor.acked]));
    for (const [key, epoch] of state.epochs) {
      const cursor = acked.get(key) ?? 0;
      const inherited = this.#inherited.get(key);
      if (!this.#met && inherited !== undefined && cursor > inherited) await this.#reissue(epoch, inherited);
      this.rewind(epoch.name, cursor);
      this.acked(epoch.name, cursor);
    }
    this.#met = true;
  }

  /** When the oldest reading that the server has not acknowledged was appended, ms; null = none waits. */
  async oldestUnacked(name: EpochName): Promise<number | null> {
    const epoch = this.#queue.disk.state.get(name);
    if (epoch === undefined || epoch.record.acked >= epoch.record.next - 1) return null;
    return (await this.read(name, epoch.record.acked + 1))?.header.edgeTime ?? null;
  }

  /**
   * The server expects a seq that is not here. Records (again) the gap that explains it; the hole closes when the
   * server has that event.
   */
  async explain(name: EpochName, seq: number): Promise<void> {
    const { disk } = this.#queue;
    const epoch = disk.state.get(name);
    if (epoch === undefined) return;
    const next = (await this.read(name, seq))?.first ?? epoch.record.next;
    if (next <= seq) return;
    const known = epoch.record.gaps.findLast((gap) => gap.from <= seq && gap.to >= seq);
    await this.#gap(epoch, { from: seq, to: next - 1, reason: known?.reason ?? "replay_window" });
  }

  /** A block that will never be sent: kept for people under another key, its seqs told as a gap. */
  async setAside(name: EpochName, first: number, reason: StreamGap["reason"]): Promise<void> {
    const { disk } = this.#queue;
    const epoch = disk.state.get(name);
    if (epoch === undefined) return;
    let to = first;
    await disk.exclusive(async () => {
      const range = rangeOf(`b|${epochKey(name)}`);
      const key = blockKey(name, first);
      const [bad, after] = await disk.store.entries({ gte: key, lt: range.lt }, 2);
      if (bad === undefined || bad[0] !== key) return;
      to = (after === undefined ? epoch.record.next : Number(after[0].slice(-16))) - 1;
      const operations: StoreOperation[] = [
        { type: "put", key: asideKey(name, first), value: bad[1] },
        { type: "del", key },
      ];
      const { record } = epoch;
      const left: EpochRecord = {
        ...record,
        blocks: record.blocks - 1,
        bytes: Math.max(0, record.bytes - bad[1].length),
        first: record.first === first ? to + 1 : record.first,
        gaps: [...record.gaps, { from: first, to, reason }],
      };
      await disk.commit({ operations, records: new Map([[epoch, left]]) });
    });
    disk.options.log.error({ ...name, from: first, to, reason }, "a block was set aside");
    await this.#gap(epoch, { from: first, to, reason });
  }

  /** Where a gap of events is told: a stream cannot carry the news of its own hole, so it goes on in a new epoch. */
  async #gap(epoch: Epoch, gap: Omit<StreamGap, "stream">): Promise<void> {
    const { disk } = this.#queue;
    if (epoch.name.kind === "events" && disk.state.isLive(epoch)) {
      await disk.exclusive(async () => {
        const next = disk.state.begin("events", epoch.name.lane);
        await disk.commit({ operations: [], records: new Map([[next, next.record]]) });
      });
    }
    this.#queue.gap({ stream: epoch.name, ...gap });
    await this.#queue.stored();
  }

  async #find(epoch: Epoch, seq: number): Promise<{ first: number; frame: Uint8Array } | null> {
    const { store } = this.#queue.disk;
    const exact = await store.get(blockKey(epoch.name, seq));
    if (exact !== undefined) return { first: seq, frame: exact };
    const { lt } = rangeOf(`b|${epochKey(epoch.name)}`);
    let gte = blockKey(epoch.name, Math.max(0, seq - maxCount));
    for (;;) {
      const entries = await store.entries({ gte, lt }, 16);
      for (const [key, frame] of entries) {
        gte = `${key}\u0000`;
        const first = Number(key.slice(-16));
        const header = headerOf(frame);
        if (header === null ? first >= seq : first + header.count > seq) return { first, frame };
      }
      if (entries.length < 16) return null;
    }
  }

  /** Gives everything after `inherited` a new epoch and numbers of its own, block by block, each move atomic. */
  async #reissue(epoch: Epoch, inherited: number): Promise<void> {
    const { disk } = this.#queue;
    disk.options.log.error(epoch.name, "the queue is older than what was sent from it; a new epoch begins");
    await disk.exclusive(async () => {
      const target = disk.state.begin(epoch.name.kind, epoch.name.lane);
      const { lt } = rangeOf(`b|${epochKey(epoch.name)}`);
      for (;;) {
        const from = blockKey(epoch.name, inherited + 1);
        const entries = await disk.store.entries({ gte: from, lt }, 16);
        if (entries.length === 0) break;
        const operations: StoreOperation[] = [];
        let left = epoch.record;
        let grown = target.record;
        for (const [key, frame] of entries) {
          const moved = renamed(frame, target.name.epoch, grown.next);
          const header = headerOf(moved);
          operations.push({ type: "del", key });
          operations.push({ type: "put", key: blockKey(target.name, grown.next), value: moved });
          left = { ...left, blocks: left.blocks - 1, bytes: left.bytes - frame.length };
          grown = {
            ...grown,
            next: grown.next + (header?.count ?? 0),
            blocks: grown.blocks + 1,
            bytes: grown.bytes + moved.length,
          };
        }
        await disk.commit({
          operations,
          records: new Map([
            [epoch, left],
            [target, grown],
          ]),
        });
      }
      epoch.record = { ...epoch.record, next: inherited + 1 };
      await disk.note([epoch]);
    });
  }
}

/** The same readings or events under another name. Dead readings move with their place. */
function renamed(frame: Uint8Array, epoch: string, first: number): Uint8Array {
  const block = decodeBlock(frame);
  const header = { ...block.header, epoch, first };
  if (block.kind === "events") return encodeEvents(header, block.events);
  const dead = block.dead.map((d) => ({ ...d, seq: d.seq - block.header.first + first }));
  return encodeReadings(header, block.columns, dead);
}
