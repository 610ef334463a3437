import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { decodeBlock } from "./block.ts";
import type { QueueOutlet } from "./queue-outlet.ts";
import type { Queue } from "./queue.ts";
import { append, everything, openQueue, type QueueSetting, tempFolder } from "./testing/queues.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const values = (found: readonly { value: number }[]) => found.map((f) => f.value);

async function open(setting: Partial<QueueSetting> = {}): Promise<{
  queue: Queue;
  outlet: QueueOutlet;
  location: string;
}> {
  const location = setting.location ?? join(tempFolder("queue"), "queue");
  const opened = await openQueue({ ...setting, location });
  onTestFinished(async () => {
    await opened.queue.close();
    rmSync(join(location, ".."), { recursive: true, force: true });
  });
  return { ...opened, location };
}

function readingsEpoch(queue: Queue, lane = 0) {
  return queue.disk.state.live("readings", lane);
}

/** Changes what lies on the disk behind the queue's back. */
async function tamper(location: string, change: (db: ClassicLevel<string, Uint8Array>) => Promise<void>) {
  const db = new ClassicLevel<string, Uint8Array>(location, { valueEncoding: "view" });
  await db.open();
  await change(db);
  await db.close();
}

describe("the edge's queue", { timeout: 60_000 }, () => {
  it("cuts what comes within one flush into one block and numbers it from 1", async () => {
    const { queue, outlet } = await open();
    await append(queue, 3, range(1, 40));
    await append(queue, 3, range(41, 50));
    const { name } = readingsEpoch(queue, 3);
    expect(await outlet.read(name, 1)).toMatchObject({ first: 1, last: 40 });
    expect(await outlet.read(name, 17)).toMatchObject({ first: 1, last: 40 });
    expect(await outlet.read(name, 41)).toMatchObject({ first: 41, last: 50 });
    expect(await outlet.read(name, 51)).toBeNull();
  });

  it("cuts blocks that no frame is too small for, however long the texts", async () => {
    const { queue, outlet } = await open();
    const text = "\u0001".repeat(4096);
    for (let i = 0; i < 60; i++) queue.reading(0, false, 1, i, i, Number.NaN, text + i, 0);
    queue.dead(0, 1, "too_long", { value: "x".repeat(60_000) });
    await queue.stored();
    expect((await everything(queue, outlet)).readings).toHaveLength(61);
  });

  it("goes on in the same epoch with the next number after a restart", async () => {
    const { queue, location } = await open();
    await append(queue, 0, range(1, 5));
    const before = readingsEpoch(queue).name.epoch;
    await queue.close();
    const again = await open({ location });
    await append(again.queue, 0, range(6, 7));
    const { readings } = await everything(again.queue, again.outlet);
    expect(readings.map((r) => [r.epoch, r.seq, r.value])).toEqual(range(1, 7).map((n) => [before, n, n]));
  });

  it("sends the backlog of an ended outage as historical beside the new live epoch", async () => {
    const { queue, outlet } = await open();
    await append(queue, 0, [1, 2]);
    await queue.rotate(0);
    await append(queue, 0, [3]);
    const open_ = outlet.open();
    expect(open_.map((e) => e.live)).toEqual([false, true]);
    const sent = await Promise.all(open_.map(({ name }) => outlet.read(name, 1)));
    expect(
      sent.map((b) => b?.header.historical),
      "as it lies on the disk",
    ).toEqual([false, false]);
    expect(sent.map((b) => b && decodeBlock(b.frame).header.historical)).toEqual([true, false]);
  });

  it("keeps acknowledged blocks for a rewind until the replay window has passed", async () => {
    const clock = new ManualClock(1_790_000_000_000);
    const { queue, outlet } = await open({ clock, limits: { capBytes: 1e9, replayMs: 3_600_000 } });
    await append(queue, 0, [1, 2]);
    await append(queue, 0, [3]);
    const { name } = readingsEpoch(queue);
    outlet.acked(name, 2);
    await queue.tick();
    clock.advance(3_500_000);
    await queue.tick();
    outlet.rewind(name, 0);
    expect(values((await everything(queue, outlet)).readings)).toEqual([1, 2, 3]);
    outlet.acked(name, 2);
    await queue.tick();
    clock.advance(3_600_001);
    await queue.tick();
    expect(values((await everything(queue, outlet)).readings)).toEqual([3]);
    expect(queue.health()).toMatchObject({ blocks: 1, unacked: 1, gaps: 0 });
  });

  it("explains a restore that asks for more than the replay window", async () => {
    const clock = new ManualClock(1_790_000_000_000);
    const { queue, outlet } = await open({ clock, limits: { capBytes: 1e9, replayMs: 1000 } });
    await append(queue, 0, [1, 2]);
    await append(queue, 0, [3]);
    const { name } = readingsEpoch(queue);
    outlet.acked(name, 2);
    await queue.tick();
    clock.advance(2000);
    await queue.tick();
    await outlet.meet([]);
    expect(outlet.open().find((e) => e.name === name)?.acked).toBe(0);
    await outlet.explain(name, 1);
    expect((await everything(queue, outlet)).gaps).toMatchObject([
      { stream: name, from: 1, to: 2, reason: "replay_window" },
    ]);
  });

  it("gives new numbers to what was stored on a disk older than what was sent from it", async () => {
    const { queue } = await open();
    await append(queue, 0, [1, 2, 3]);
    const old = readingsEpoch(queue).name;
    await queue.close();
    const restored = await open({ location: queue.disk.options.location });
    // Another life of this disk had stored and sent up to seq 9; this one stored 4 and 5 since.
    await append(restored.queue, 0, [4, 5]);
    await restored.outlet.meet([{ kind: "readings", lane: 0, epoch: old.epoch, acked: 9 }]);
    const { readings } = await everything(restored.queue, restored.outlet);
    expect(readings.map((r) => [r.epoch === old.epoch, r.seq, r.value])).toEqual([
      [true, 1, 1],
      [true, 2, 2],
      [true, 3, 3],
      [false, 1, 4],
      [false, 2, 5],
    ]);
    expect(restored.outlet.open().map((e) => [e.name.epoch === old.epoch, e.next])).toEqual([[false, 3]]);
  });

  it("stores how far a device has come with its readings, or not at all", async () => {
    const { queue, location } = await open();
    queue.reading(0, false, 1, 7, 7, 1, null, 0);
    queue.mark(4, { heard: { "packer-1": 7 } });
    queue.mark(4, { receipt: { session: "a", id: 12 } });
    expect(queue.markOf(4)).toEqual({});
    await queue.stored();
    expect(queue.markOf(4)).toEqual({ heard: { "packer-1": 7 }, receipt: { session: "a", id: 12 } });
    await queue.close();
    const again = await open({ location });
    again.queue.mark(4, { heard: { "packer-1": 9 } });
    await again.queue.stored();
    expect(again.queue.markOf(4)).toEqual({ heard: { "packer-1": 9 }, receipt: { session: "a", id: 12 } });
  });
});

describe("a full queue", { timeout: 60_000 }, () => {
  it("lets acknowledged blocks go first, then the oldest telemetry under a gap, and events last", async () => {
    const limits = { capBytes: 1e9, replayMs: 86_400_000 };
    const clock = new ManualClock(1_790_000_000_000);
    const { queue, outlet } = await open({ limits, clock });
    for (const n of range(1, 20)) {
      await append(queue, 0, [n]);
      clock.advance(10);
    }
    queue.event(0, { kind: "reflex", at: 1, sourceId: null, machineId: 1, data: {} });
    await queue.stored();
    const { name } = readingsEpoch(queue);
    outlet.acked(name, 5);
    const full = queue.health().bytes;
    limits.capBytes = full;
    await append(queue, 0, [21]);
    expect((await everything(queue, outlet)).gaps).toEqual([]);
    expect((await everything(queue, outlet)).readings[0]?.seq).toBeGreaterThan(1);

    limits.capBytes = full / 2;
    await append(queue, 0, [22]);
    const { readings, gaps } = await everything(queue, outlet);
    expect(gaps).toMatchObject([{ stream: name, from: 6, reason: "queue_full" }]);
    expect(readings.map((r) => r.seq)).toEqual(range((gaps[0]?.to ?? 0) + 1, 22));
    expect(queue.health().bytes).toBeLessThanOrEqual(limits.capBytes);
    const events = outlet.open().filter((e) => e.name.kind === "events");
    expect(events.map((e) => [e.acked, e.next])).toEqual([[0, 3]]);
  });

  it("turns readings away rather than drop what it may not", async () => {
    const limits = { capBytes: 10, replayMs: 86_400_000 };
    const { queue } = await open({ limits });
    await expect(append(queue, 0, [1])).rejects.toThrow("full");
    limits.capBytes = 1e9;
    await append(queue, 0, [2]);
    expect(queue.health().unacked).toBe(1);
  });

  it("turns readings away when too many wait for the disk", async () => {
    const { queue } = await open();
    const first = append(queue, 0, range(1, 40_000));
    await expect(append(queue, 0, range(1, 20_000))).rejects.toThrow("Too much waits");
    await first;
    expect(queue.health().unacked).toBe(40_000);
  });
});

describe("a damaged queue", { timeout: 60_000 }, () => {
  it("sets a block that cannot be read aside, tells the gap, and sends what follows", async () => {
    const { queue, location } = await open();
    for (const n of range(1, 4)) await append(queue, 0, [n]);
    const { name } = readingsEpoch(queue);
    await queue.close();
    await tamper(location, async (db) => {
      const [, second] = await db.keys({ gte: "b|r|", lt: "b|r}" }).all();
      const value = (await db.get(second ?? "")) ?? new Uint8Array(1);
      value[70] = (value[70] ?? 0) ^ 4;
      await db.put(second ?? "", value);
    });
    const again = await open({ location });
    const { readings } = await everything(again.queue, again.outlet);
    expect(values(readings)).toEqual([1, 3, 4]);
    const { gaps } = await everything(again.queue, again.outlet);
    expect(gaps).toMatchObject([{ stream: name, from: 2, to: 2, reason: "queue_damaged" }]);
  });

  it("does not trust a torn tail: it goes on in a new epoch", async () => {
    const { queue, location } = await open();
    for (const n of range(1, 4)) await append(queue, 0, [n]);
    const { name } = readingsEpoch(queue);
    await queue.close();
    await tamper(location, async (db) => {
      const last = (await db.keys({ gte: "b|r|", lt: "b|r}" }).all()).at(-1) ?? "";
      await db.put(last, ((await db.get(last)) ?? new Uint8Array(1)).subarray(0, 50));
    });
    const again = await open({ location });
    await append(again.queue, 0, [5]);
    const { readings, gaps } = await everything(again.queue, again.outlet);
    expect(readings.map((r) => [r.epoch === name.epoch, r.seq, r.value])).toEqual([
      [true, 1, 1],
      [true, 2, 2],
      [true, 3, 3],
      [false, 1, 5],
    ]);
    expect(gaps).toMatchObject([{ stream: name, from: 4, to: 4, reason: "queue_damaged" }]);
  });

  it.each([
    ["a broken CURRENT", (name: string) => name === "CURRENT"],
    ["a broken manifest", (name: string) => name.startsWith("MANIFEST")],
  ])("opens with %s, loses nothing, and does not reuse a number", async (_what, pick) => {
    const { queue, location } = await open();
    for (const n of range(1, 30)) await append(queue, 0, [n]);
    const before = readingsEpoch(queue).name;
    await queue.close();
    for (const file of readdirSync(location).filter(pick)) writeFileSync(join(location, file), "damage");
    const again = await open({ location });
    await append(again.queue, 0, [31]);
    const { readings } = await everything(again.queue, again.outlet);
    expect(values(readings)).toEqual(range(1, 31));
    expect(readings.at(-1)).toMatchObject({ seq: 1 });
    expect(readings.at(-1)?.epoch).not.toBe(before.epoch);
  });

  it("begins anew when nothing can be saved, and keeps the damaged folder", async () => {
    const { queue, location } = await open();
    await append(queue, 0, [1]);
    await queue.close();
    for (const file of readdirSync(location)) writeFileSync(join(location, file), "damage");
    const again = await open({ location });
    await append(again.queue, 0, [2]);
    expect(values((await everything(again.queue, again.outlet)).readings)).toEqual([2]);
  });

  it("is held by one process only", async () => {
    const { location } = await open();
    await expect(openQueue({ location })).rejects.toThrow("already uses");
  });
});
