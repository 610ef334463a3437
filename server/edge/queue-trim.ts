import type { QueueDisk } from "./queue-disk.ts";
import { marksKey, recordKey } from "./queue-keys.ts";
import { cutHead } from "./queue-room.ts";
import type { Epoch } from "./queue-state.ts";
import type { StoreOperation } from "./queue-store.ts";

/** What is acknowledged is marked with the time once in so long, ms; a trim takes so many bytes at a time. */
const markMs = 60_000;
const trimBytes = 1024 * 1024;

/**
 * Housekeeping, every few seconds: acks to the disk, marks of time, blocks acknowledged longer ago than the replay
 * window out, and epochs that are empty then.
 */
export async function trimQueue(disk: QueueDisk): Promise<void> {
  if (!disk.storing) return;
  const now = disk.options.clock.now();
  for (const epoch of disk.state.epochs.values()) {
    mark(epoch, now);
    await trim(disk, epoch, now - disk.options.replayMs());
  }
  const dirty = [...disk.state.epochs.values()].filter((epoch) => epoch.dirty);
  await disk.exclusive(() => disk.note(dirty));
}

function mark(epoch: Epoch, now: number): void {
  const { acked } = epoch.record;
  const last = epoch.marks.at(-1);
  if (acked === 0 || acked <= (last?.acked ?? 0)) return;
  if (last !== undefined && Math.abs(now - last.at) < markMs) return;
  epoch.marks = [...epoch.marks, { at: now, acked }];
  epoch.dirty = true;
}

async function trim(disk: QueueDisk, epoch: Epoch, before: number): Promise<void> {
  const past = epoch.marks.findLast((mark) => mark.at <= before);
  if (past === undefined) return;
  while (await trimSome(disk, epoch, past.acked));
  epoch.marks = epoch.marks.filter((mark) => mark.at > past.at);
  epoch.headAt = null;
  const { record } = epoch;
  if (record.blocks > 0 || record.acked < record.next - 1 || disk.state.isLive(epoch)) return;
  const keys = [recordKey(epoch.name), marksKey(epoch.name)];
  const operations = keys.map((key): StoreOperation => ({ type: "del", key }));
  disk.state.remove(epoch);
  await disk.exclusive(() => disk.commit({ operations, records: new Map() }));
}

/** One bite, so that writers wait for milliseconds only. True when there may be more. */
function trimSome(disk: QueueDisk, epoch: Epoch, upTo: number): Promise<boolean> {
  return disk.exclusive(async () => {
    if (disk.state.get(epoch.name) !== epoch) return false;
    const cut = await cutHead(disk.store, epoch.name, epoch.record, upTo, trimBytes);
    if (cut.operations.length === 0) return false;
    await disk.commit({ operations: cut.operations, records: new Map([[epoch, cut.record]]) });
    return cut.bytes >= trimBytes;
  });
}
