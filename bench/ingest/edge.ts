import { randomUUID } from "node:crypto";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { CheckedClock } from "#server/edge/checked-clock.ts";
import { NotStored } from "#server/edge/queue-disk.ts";
import { Queue } from "#server/edge/queue.ts";
import { UnknownMetrics } from "#server/edge/unknown-metrics.ts";
import { Uplink } from "#server/edge/uplink.ts";
import type { LoadOrder, LoadReport } from "./protocol.ts";

/*
 * The edge's half of the bench: the real queue on the real disk and the real uplink, and the load. A process of its
 * own, as in a plant; told what to do by its parent.
 */
const [folder = "", url = "", code = "", token = "", tagList = "[]"] = process.argv.slice(2);
const lanes = JSON.parse(tagList) as { lane: number; tagIds: number[] }[];
const clock = systemClock;

/** Readings at once on their way to the disk; more would only wait there. */
const burst = 500;
/** Readings the server has not acked; beyond that the load waits, as a device does for its edge's "stored". */
const maxUnacked = 100_000;

const queue = await Queue.open({
  location: folder,
  clock,
  log: silentLogger,
  capBytes: () => 4e9,
  // Nothing is replayed here, so what is acked may go.
  replayMs: () => 0,
});
const uplink = new Uplink({
  url,
  ca: null,
  clock: new CheckedClock(clock),
  log: silentLogger,
  queue,
  unknown: new UnknownMetrics(),
  hello: () => ({ edge: code, token, protocol: 1, documentVersion: 0 }),
  onDocument: async () => {},
  onActuation: () => null,
  onProbe: () => Promise.resolve({ connected: false, problem: null, seen: [] }),
  onPeek: () => [],
  health: () => ({
    at: clock.now(),
    version: "bench",
    queueBlocks: 0,
    queueBytes: 0,
    unackedReadings: 0,
    gaps: 0,
    deadLetters: 0,
    sources: [],
  }),
});
uplink.start();

let stored = 0;
let running: Promise<unknown> = Promise.resolve();

/** One driver per lane that puts what it has and waits for "stored". */
async function batches(lane: number, tagIds: readonly number[], until: number): Promise<void> {
  let next = 0;
  while (clock.monotonic() < until) {
    if (queue.health().unacked > maxUnacked) {
      await clock.sleep(5);
      continue;
    }
    try {
      queue.admit(burst);
    } catch (error) {
      if (!(error instanceof NotStored)) throw error;
      await clock.sleep(5);
      continue;
    }
    const now = clock.now();
    for (let i = 0; i < burst; i++) {
      queue.reading(lane, false, tagIds[next] ?? 0, now, now, (stored + i) % 1000, null, 0);
      next = (next + 1) % tagIds.length;
    }
    await queue.stored();
    stored += burst;
  }
}

/** A source that sends one reading a message and waits for its "stored" before the next. */
async function single(lane: number, tagId: number, until: number): Promise<void> {
  while (clock.monotonic() < until) {
    const now = clock.now();
    queue.reading(lane, false, tagId, now, now, stored % 1000, null, 0);
    await queue.stored();
    stored += 1;
  }
}

async function load(order: Extract<LoadOrder, { kind: "batched" | "single" }>): Promise<void> {
  const until = clock.monotonic() + order.seconds * 1000;
  if (order.kind === "batched") {
    await Promise.all(lanes.map(({ lane, tagIds }) => batches(lane, tagIds, until)));
    return;
  }
  const sources = Array.from({ length: order.sources }, (_, i) => {
    const { lane, tagIds } = lanes[i % lanes.length] ?? { lane: 0, tagIds: [0] };
    return single(lane, tagIds[Math.floor(i / lanes.length) % tagIds.length] ?? 0, until);
  });
  await Promise.all(sources);
}

function report(id: string): LoadReport {
  const { user, system } = process.cpuUsage();
  return {
    id,
    stored,
    unacked: queue.health().unacked,
    online: uplink.online,
    cpuMs: (user + system) / 1000,
    rssMb: process.memoryUsage().rss / 1e6,
  };
}

process.on("message", (order: LoadOrder) => {
  if (order.kind === "report") process.send?.(report(order.id));
  else if (order.kind === "stop") void uplink.stop().then(() => process.exit(0));
  else running = running.then(() => load(order)).then(() => process.send?.(report(order.id)));
});
process.on("disconnect", () => process.exit(0));
process.send?.(report(randomUUID()));
