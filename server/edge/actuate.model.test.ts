import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import type { WriteResult } from "#server/device/driver.contract.ts";
import { anActuation, openActuator } from "./testing/actuators.ts";
import { SimulatedDisk } from "./testing/simulated-disk.ts";
import type { Actuation, ActuationAnswer } from "./uplink.contract.ts";

/**
 * The edge's half of the actuation contract (design §5) as a model: actuations that come, come again, too late or with
 * a used counter, a disk that takes nothing for a while, power that fails before, in and after the write. Never is a
 * machine written to twice for one actuation, after its time, or after it was said that it was not.
 */
type Open = Awaited<ReturnType<typeof openActuator>>;

class Edge {
  readonly clock = new ManualClock(1_790_000_000_000);
  readonly disk = new SimulatedDisk();
  readonly sent: Actuation[] = [];
  /** What was said of an actuation, each time, and what was written for it, and when. */
  readonly said = new Map<string, ActuationAnswer[]>();
  readonly written: { id: string; at: number }[] = [];
  /** The machine takes the value and the power fails before it can say so. */
  hangs = false;
  #open: Open | null = null;
  #value = 230;
  #life = 0;

  async open(): Promise<Open> {
    const life = this.#life;
    const write = (_tagId: number, value: unknown): Promise<WriteResult> => {
      // What an edge that has no power any more still wants to do reaches no machine.
      if (life !== this.#life) return new Promise(() => undefined);
      const id = this.sent.find((one) => one.value === value)?.id ?? "";
      this.written.push({ id, at: this.clock.now() });
      this.#value = Number(value);
      return this.hangs ? new Promise(() => undefined) : Promise.resolve({ result: "accepted" });
    };
    const { clock, disk } = this;
    this.#open ??= await openActuator({ location: "disk", clock, write, level: () => disk.json() });
    this.#open.machine.says(this.#value);
    return this.#open;
  }

  /** @returns whether an answer came; without one the power fails */
  async send(actuation: Actuation): Promise<boolean> {
    const { actuator } = await this.open();
    const life = this.#life;
    const answering = actuator.handle({ ...actuation, expected: this.#value });
    let answer: ActuationAnswer | null | undefined;
    void answering?.then((said) => (answer = said));
    // A disk that takes nothing is tried again until the actuation's time is over.
    for (let turn = 0; turn < 400 && answer === undefined && !this.hangs; turn++) {
      await settled();
      if (answer === undefined) this.clock.advance(500);
    }
    await settled();
    if (answer == null || life !== this.#life) return false;
    const all = this.said.get(actuation.id) ?? [];
    this.said.set(actuation.id, [...all, answer]);
    return true;
  }

  /** The power fails: of what was not synced as much is left as chance wants. */
  async crash(share: number): Promise<void> {
    this.#life += 1;
    this.#open = null;
    this.disk.fail(share);
    this.hangs = false;
    const { actuator } = await this.open();
    const settling = actuator.settle();
    for (let turn = 0; turn < 12; turn++) {
      await settled();
      this.clock.advance(500);
    }
    await settling;
  }
}

/** Everything that needs no time has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const event = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant("new" as const),
      late: fc.boolean(),
      usedCounter: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("again" as const), nth: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("disk" as const), fails: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("crash" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("hang" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
  },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

async function play(events: readonly Event[]): Promise<void> {
  const edge = new Edge();
  let counter = 0;
  for (const one of events) {
    if (one.does === "disk") edge.disk.failing = one.fails;
    if (one.does === "hang") edge.hangs = true;
    if (one.does === "wait") edge.clock.advance(one.ms);
    if (one.does === "crash") await edge.crash(one.share);
    if (one.does !== "new" && one.does !== "again") continue;
    const old = one.does === "again" ? edge.sent[one.nth % Math.max(1, edge.sent.length)] : undefined;
    if (one.does === "again" && old === undefined) continue;
    const now = edge.clock.now();
    // Values tell the actuations apart; they stay within a step of the machine's limits.
    const made = {
      counter: one.does === "new" && one.usedCounter ? counter : (counter += 1),
      value: 226 + (edge.sent.length % 40) / 100 + edge.sent.length / 10_000,
      notAfter: one.does === "new" && one.late ? now - 1 : now + 30_000,
    };
    const actuation = old ?? anActuation(made, now);
    if (old === undefined) edge.sent.push(actuation);
    if (!(await edge.send(actuation))) await edge.crash(1);
  }
  for (const { id, notAfter } of edge.sent) {
    const writes = edge.written.filter((write) => write.id === id);
    expect(writes.length, "written at most once").toBeLessThanOrEqual(1);
    for (const { at } of writes) expect(at, "not after its time").toBeLessThanOrEqual(notAfter);
    const said = edge.said.get(id) ?? [];
    const results = new Set(said.map(({ result }) => result));
    if (results.has("refused")) expect(writes, "what was refused is never written").toEqual([]);
    // What may have been done is at worst unknown afterwards, never another certainty.
    results.delete("unknown");
    expect(results.size, `${[...results].join(", ")} of one actuation`).toBeLessThanOrEqual(1);
  }
}

describe("the last gate before a machine against a plain model", () => {
  it("writes at most once, never late, and never what it said it would not", async () => {
    // oxlint-disable-next-line node/no-process-env -- how long somebody lets the models run
    const numRuns = Number(process.env["SOAK_RUNS"] ?? 500);
    await fc.assert(fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 16 }), play), { numRuns });
  }, 600_000);
});
