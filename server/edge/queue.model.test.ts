import { rmSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { NotStored } from "./queue-disk.ts";
import type { QueueOutlet } from "./queue-outlet.ts";
import type { Queue } from "./queue.ts";
import type { StreamCursor } from "./uplink.contract.ts";
import { append, everything, openQueue, tempFolder } from "./testing/queues.ts";
import { SimulatedDisk } from "./testing/simulated-disk.ts";

const lanes = [0, 7];
const replayMs = 3_600_000;

interface ModelEpoch {
  readonly lane: number;
  readonly epoch: string;
  readonly values: number[];
  acked: number;
}

/** What a plant engineer would say the queue holds: epochs in the order they were begun, each with its numbers. */
interface Model {
  next: number;
  readonly epochs: ModelEpoch[];
}

interface Real {
  readonly location: string;
  readonly clock: ManualClock;
  readonly limits: { capBytes: number; replayMs: number };
  readonly disk?: SimulatedDisk;
  queue: Queue;
  outlet: QueueOutlet;
}

/** The server's cursors as the model knows them. */
function cursors(model: Model): StreamCursor[] {
  return model.epochs.map(({ lane, epoch, acked }) => ({ kind: "readings", lane, epoch, acked }));
}

/** Everything unacknowledged is there in order, or lies in a gap; nothing is there twice; gaps only when full. */
async function agree(model: Model, real: Real, mayDrop: boolean): Promise<void> {
  const { readings, gaps } = await everything(real.queue, real.outlet);
  for (const { epoch, values, acked } of model.epochs) {
    const found = readings.filter((r) => r.epoch === epoch);
    expect(found.map((r) => r.value)).toEqual(found.map((r) => values[r.seq - 1]));
    expect(found.map((r) => r.seq)).toEqual([...new Set(found.map((r) => r.seq))].toSorted((a, b) => a - b));
    const there = new Set(found.map((r) => r.seq));
    for (let seq = acked + 1; seq <= values.length; seq++) {
      const inGap = gaps.some((g) => g.stream.epoch === epoch && g.from <= seq && seq <= g.to);
      expect(there.has(seq) !== inGap, `seq ${seq} is either there or in a gap`).toBe(true);
    }
  }
  if (!mayDrop) expect(gaps).toEqual([]);
}

type Command = fc.AsyncCommand<Model, Real>;

class Append implements Command {
  readonly lane: number;
  readonly count: number;
  constructor(lane: number, count: number) {
    this.lane = lane;
    this.count = count;
  }
  check = () => true;
  toString = () => `append(${this.lane}, ${this.count})`;
  async run(model: Model, real: Real): Promise<void> {
    const values = Array.from({ length: this.count }, () => model.next++);
    try {
      await append(real.queue, this.lane, values);
    } catch (error) {
      // What is larger than the whole queue is turned away, and nothing of it may be found.
      if (!(error instanceof NotStored) || real.limits.capBytes > 1e6) throw error;
      return agree(model, real, true);
    }
    const { epoch } = real.queue.disk.state.live("readings", this.lane).name;
    const known = model.epochs.find((e) => e.epoch === epoch);
    if (known !== undefined) known.values.push(...values);
    else model.epochs.push({ lane: this.lane, epoch, values, acked: 0 });
    real.clock.advance(5);
    await agree(model, real, real.limits.capBytes < 1e6);
  }
}

class Acknowledge implements Command {
  readonly lane: number;
  readonly share: number;
  constructor(lane: number, share: number) {
    this.lane = lane;
    this.share = share;
  }
  check = (model: Readonly<Model>) => model.epochs.some((e) => e.lane === this.lane);
  toString = () => `ack(${this.lane}, ${this.share})`;
  async run(model: Model, real: Real): Promise<void> {
    const mine = model.epochs.filter((e) => e.lane === this.lane);
    const open = mine.find((e) => e.acked < e.values.length);
    if (open === undefined) return;
    open.acked += Math.ceil((open.values.length - open.acked) * this.share);
    real.outlet.acked({ kind: "readings", lane: this.lane, epoch: open.epoch }, open.acked);
    const told = real.outlet.open().find((e) => e.name.epoch === open.epoch);
    if (told !== undefined) expect(told.acked).toBe(open.acked);
  }
}

class Restart implements Command {
  readonly clean: boolean;
  constructor(clean: boolean) {
    this.clean = clean;
  }
  check = () => true;
  toString = () => (this.clean ? "restart" : "crash");
  async run(model: Model, real: Real): Promise<void> {
    // A crash closes the disk under the queue: what only stood in memory (acks) is gone.
    await (this.clean ? real.queue.close() : real.queue.disk.close());
    Object.assign(real, await openQueue(real));
    await real.outlet.meet(cursors(model));
    await agree(model, real, true);
  }
}

/** The power fails: what was not synced is gone, or a part of it. */
class PowerFailure implements Command {
  readonly share: number;
  constructor(share: number) {
    this.share = share;
  }
  check = () => true;
  toString = () => `power failure(${this.share})`;
  async run(model: Model, real: Real): Promise<void> {
    await real.queue.disk.close();
    real.disk?.fail(this.share);
    Object.assign(real, await openQueue(real));
    await real.outlet.meet(cursors(model));
    await agree(model, real, true);
  }
}

class Rotate implements Command {
  readonly lane: number;
  constructor(lane: number) {
    this.lane = lane;
  }
  check = () => true;
  toString = () => `rotate(${this.lane})`;
  async run(_model: Model, real: Real): Promise<void> {
    await real.queue.rotate(this.lane);
  }
}

class RestoreServer implements Command {
  readonly share: number;
  constructor(share: number) {
    this.share = share;
  }
  check = () => true;
  toString = () => `restore(${this.share})`;
  async run(model: Model, real: Real): Promise<void> {
    for (const epoch of model.epochs) epoch.acked = Math.floor(epoch.acked * this.share);
    await real.outlet.meet(cursors(model));
    // Where the server would ask for what the replay window has let go, the edge answers with a gap.
    const open = real.outlet.open();
    for (const { name, acked } of open) await real.outlet.explain(name, acked + 1);
    for (const epoch of model.epochs) {
      if (!open.some(({ name }) => name.epoch === epoch.epoch)) epoch.acked = epoch.values.length;
    }
    await agree(model, real, true);
  }
}

class Fill implements Command {
  readonly capBytes: number;
  constructor(capBytes: number) {
    this.capBytes = capBytes;
  }
  check = () => true;
  toString = () => `cap(${this.capBytes})`;
  async run(_model: Model, real: Real): Promise<void> {
    real.limits.capBytes = this.capBytes;
  }
}

class Wait implements Command {
  check = () => true;
  toString = () => "wait";
  async run(model: Model, real: Real): Promise<void> {
    await real.queue.tick();
    real.clock.advance(replayMs / 2);
    await real.queue.tick();
    await agree(model, real, true);
  }
}

const lane = fc.constantFrom(...lanes);
const whatCanHappen = [
  fc.tuple(lane, fc.integer({ min: 1, max: 30 })).map(([l, n]) => new Append(l, n)),
  fc.tuple(lane, fc.double({ min: 0.1, max: 1, noNaN: true })).map(([l, s]) => new Acknowledge(l, s)),
  fc.boolean().map((clean) => new Restart(clean)),
  lane.map((l) => new Rotate(l)),
  fc.constantFrom(0, 0.5, 0.9).map((share) => new RestoreServer(share)),
  fc.constantFrom(1e9, 30_000, 60_000).map((cap) => new Fill(cap)),
  fc.constant(new Wait()),
];

async function holds(commands: Iterable<Command>, disk?: SimulatedDisk): Promise<void> {
  const location = join(tempFolder("queue-model"), "queue");
  const clock = new ManualClock(1_790_000_000_000);
  const setting = { location, clock, limits: { capBytes: 1e9, replayMs }, ...(disk && { disk }) };
  const real: Real = { ...setting, ...(await openQueue(setting)) };
  try {
    await fc.asyncModelRun(() => ({ model: { next: 1, epochs: [] }, real }), commands);
  } finally {
    await real.queue.close();
    rmSync(join(location, ".."), { recursive: true, force: true });
  }
}

describe("the queue against a plain model", () => {
  it("keeps, drops, numbers and finds the same through any sequence of what can happen to it", async () => {
    const numRuns = Number(process.env["SOAK_RUNS"] ?? 60);
    const many = fc.tuple(lane, fc.integer({ min: 1, max: 2000 })).map(([l, n]) => new Append(l, n));
    const commands = fc.commands([...whatCanHappen, many], { maxCommands: 25 });
    await fc.assert(
      fc.asyncProperty(commands, (cmds) => holds(cmds)),
      { numRuns },
    );
  }, 600_000);

  it("keeps all it answered as stored on a disk that loses what was not synced", async () => {
    const numRuns = Number(process.env["SOAK_RUNS"] ?? 500);
    const fails = fc.double({ min: 0, max: 1, noNaN: true }).map((share) => new PowerFailure(share));
    const commands = fc.commands([...whatCanHappen, fails, fails], { maxCommands: 25 });
    await fc.assert(
      fc.asyncProperty(commands, (cmds) => holds(cmds, new SimulatedDisk())),
      { numRuns },
    );
  }, 600_000);
});
