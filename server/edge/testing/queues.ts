import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "#server/core/clock.ts";
import { type Logger, silentLogger } from "#server/core/log.ts";
import { decodeBlock } from "../block.ts";
import type { EpochName } from "../queue-keys.ts";
import { QueueOutlet } from "../queue-outlet.ts";
import { Queue } from "../queue.ts";
import { StreamGap } from "../uplink.contract.ts";
import type { SimulatedDisk } from "./simulated-disk.ts";

/** A folder of its own for one test. */
export function tempFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `millwright-${name}-`));
}

export interface QueueSetting {
  readonly location: string;
  readonly clock?: Clock;
  readonly log?: Logger;
  /** May be changed while the queue runs. */
  readonly limits?: { capBytes: number; replayMs: number };
  readonly disk?: SimulatedDisk;
}

export async function openQueue(setting: QueueSetting): Promise<{ queue: Queue; outlet: QueueOutlet }> {
  const { disk } = setting;
  const limits = setting.limits ?? { capBytes: 1e9, replayMs: 86_400_000 };
  const queue = await Queue.open({
    location: setting.location,
    clock: setting.clock ?? systemClock,
    log: setting.log ?? silentLogger,
    capBytes: () => limits.capBytes,
    replayMs: () => limits.replayMs,
    flushMs: 1,
    ...(disk === undefined ? {} : { level: () => disk.level() }),
  });
  return { queue, outlet: new QueueOutlet(queue) };
}

/** Puts numbers as readings of tag 1 and waits until they are stored. */
export async function append(queue: Queue, lane: number, values: readonly number[]): Promise<void> {
  const now = queue.disk.options.clock.now();
  queue.admit(values.length);
  for (const value of values) queue.reading(lane, false, 1, now, now, value, null, 0);
  await queue.stored();
}

/** Where a value was found. */
export interface Found {
  readonly lane: number;
  readonly epoch: string;
  readonly born: number;
  readonly seq: number;
  readonly value: number;
}

/** Everything that lies in the queue, through its own outlet: epochs in order of birth, each in order of seq. */
export async function everything(
  queue: Queue,
  outlet: QueueOutlet,
): Promise<{ readings: Found[]; gaps: StreamGap[] }> {
  const readings: Found[] = [];
  const gaps: StreamGap[] = [];
  const epochs = [...queue.disk.state.epochs.values()].toSorted((a, b) => a.record.born - b.record.born);
  for (const { name, record } of epochs) {
    for await (const block of blocks(outlet, name)) {
      if (block.kind === "events") {
        for (const event of block.events) {
          const gap = StreamGap.safeParse(event.data);
          if (event.kind === "gap" && gap.success) gaps.push(gap.data);
        }
        continue;
      }
      block.columns.num.forEach((value, i) => {
        const seq = block.header.first + i;
        readings.push({ lane: name.lane, epoch: name.epoch, born: record.born, seq, value });
      });
    }
  }
  return { readings, gaps };
}

async function* blocks(outlet: QueueOutlet, name: EpochName) {
  let seq = 1;
  for (;;) {
    const block = await outlet.read(name, seq);
    if (block === null) return;
    yield decodeBlock(block.frame);
    seq = block.last + 1;
  }
}
