import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import type { Driver, DriverEvent, DriverSink, RawReading, Receipt } from "./driver.contract.ts";
import { quality } from "./tag.contract.ts";

/** A sink that remembers everything and can be told to fail, as a full disk does. */
export class RecordingSink implements DriverSink {
  readonly stored: RawReading[] = [];
  readonly events: DriverEvent[] = [];
  receipt: Receipt | null = null;
  full = false;
  #watchers: (() => void)[] = [];

  readings(batch: readonly RawReading[], receipt?: Receipt): Promise<void> {
    if (this.full) return Promise.reject(new Error("no space left on device"));
    this.stored.push(...batch);
    if (receipt !== undefined) this.receipt = receipt;
    this.#changed();
    return Promise.resolve();
  }

  event(event: DriverEvent): Promise<void> {
    this.events.push(event);
    this.#changed();
    return Promise.resolve();
  }

  lastReceipt(): Promise<Receipt | null> {
    return Promise.resolve(this.receipt);
  }

  /** Good readings of one metric, as `[source time, value]`. */
  said(metric: string): [number, RawReading["value"]][] {
    const good = this.stored.filter((r) => r.metric === metric && r.quality === quality.good);
    return good.map((r) => [r.sourceTime, r.value]);
  }

  /** Resolves when the condition holds; looked at whenever something arrives. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  #changed(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watch of watchers) watch();
  }
}

/** The machine's side of the wire, real sockets included. It has `m/Number`, `m/Text`, `m/Flag`, `m/Count`, `m/Set`. */
export interface MachineSide {
  /** Connects; resolves when it may speak. */
  come(): Promise<void>;
  say(metric: string, at: number, value: number | string | boolean | null | bigint): void;
  /** Loses the link as a pulled cable does, and does not come back by itself. */
  go(): Promise<void>;
  /** What was written to it. */
  readonly written: { metric: string; value: unknown }[];
  /** Sends what no machine of this kind may send. */
  talkNonsense(): Promise<void>;
}

export interface Rig {
  readonly driver: Driver;
  readonly machine: MachineSide;
  /** The broker, for a driver that cannot hear the machine go. */
  readonly broker?: { down(): Promise<void>; up(): Promise<void> };
  /** Brings the link's middle (broker, listener) down and up again. */
  readonly restartMiddle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a protocol can say at all. What it cannot is left out of the contract here, by name, and nowhere else. */
export interface Abilities {
  /**
   * "said" = the machine says each value with its time. "polled" = the driver looks: it sees the latest value only,
   * and its time is that of the look.
   */
  readonly values: "said" | "polled";
  readonly texts: boolean;
  /** The machine can say that it has no value. */
  readonly nothing: boolean;
  readonly units: boolean;
  /**
   * False behind a broker that hides who speaks: nobody tells the driver that one of many publishers is gone. What
   * "the machine is gone" means to it is then that the broker is.
   */
  readonly hearsTheMachineGo: boolean;
}

const everything: Abilities = {
  values: "said",
  texts: true,
  nothing: true,
  units: true,
  hearsTheMachineGo: true,
};

/** Young enough to be live everywhere. */
const at = systemClock.now() - 10_000;

/** What every driver must do, over real sockets. `build` makes a fresh one for each test; `lacks` = what it cannot. */
export function driverContract(
  name: string,
  build: () => Promise<Rig>,
  lacks: Partial<Abilities> = {},
): void {
  const can = { ...everything, ...lacks };
  const polled = can.values === "polled";
  const farEnd = can.hearsTheMachineGo ? "machine" : "broker";

  /** Resolves when the sink has what the machine said: with its time, or, where the driver looks, with the look's. */
  async function hears(sink: RecordingSink, metric: string, time: number, value: unknown): Promise<void> {
    await sink.until(() =>
      sink.said(metric).some(([said, what]) => what === value && (polled ? said > at : said === time)),
    );
  }

  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.driver.stop();
    await rig?.close();
    rig = undefined;
  });

  /** A started driver with its machine there and `m/Number` = 1 said. */
  async function running(): Promise<{ rig: Rig; driver: Driver; machine: MachineSide; sink: RecordingSink }> {
    const built = await build();
    rig = built;
    const { driver, machine } = built;
    const sink = new RecordingSink();
    await driver.start(sink, new AbortController().signal);
    await machine.come();
    machine.say("m/Number", at, 1);
    await hears(sink, "m/Number", at, 1);
    return { rig: built, driver, machine, sink };
  }

  /** The far end is gone, as far as this driver can hear it. */
  async function lose({ machine, broker }: Rig): Promise<void> {
    if (can.hearsTheMachineGo) return machine.go();
    if (broker === undefined) throw new Error("a rig whose machine goes unheard needs a broker that can go");
    await broker.down();
  }

  async function restore({ machine, broker }: Rig): Promise<void> {
    if (!can.hearsTheMachineGo) await broker?.up();
    await machine.come();
  }

  describe(`the ${name} driver`, () => {
    test("starts while nobody is there and hears the machine that comes later", async () => {
      const { driver, sink } = await running();
      expect(driver.health()).toMatchObject({ connected: true, errors: 0 });
      expect(driver.health().lastMessageAt).not.toBeNull();
      expect(sink.events.map((event) => event.kind)).toContain("birth");
    });

    test("takes numbers, texts, flags, nothing and 64-bit counters as they are, with time and unit", async () => {
      const { machine, sink } = await running();
      const said: [string, number, number | string | boolean | null | bigint][] = [
        ["m/Number", at + 1, -2.5],
        ["m/Flag", at + 3, false],
        ["m/Count", at + 5, 9_007_199_254_740_993n],
      ];
      if (can.texts) said.push(["m/Text", at + 2, "läuft"]);
      if (can.nothing) said.push(["m/Number", at + 4, null]);
      for (const row of said) machine.say(...row);
      for (const row of said) await hears(sink, ...row);
      const number = sink.stored.find((r) => r.metric === "m/Number" && r.value === -2.5);
      const sourceTime = polled ? expect.any(Number) : at + 1;
      const unit = can.units ? { unit: "°C" } : {};
      expect(number).toEqual({ metric: "m/Number", sourceTime, value: -2.5, quality: 0, ...unit });
    });

    test("keeps the order and neither loses nor doubles anything while the link stands", async () => {
      const { machine, sink } = await running();
      for (let i = 1; i <= 2000; i++) {
        machine.say("m/Number", at + i, i);
        // Whoever only looks sees what stands there between two looks.
        if (polled && i % 500 === 0) await hears(sink, "m/Number", at + i, i);
      }
      await hears(sink, "m/Number", at + 2000, 2000);
      if (polled) {
        const looked = sink.said("m/Number").map(([time]) => time);
        expect(looked).toEqual(looked.toSorted((a, b) => a - b));
        expect(sink.said("m/Number").map(([, value]) => value)).toEqual([1, 500, 1000, 1500, 2000]);
        return;
      }
      const numbers = sink.said("m/Number").filter(([time]) => time > at && time <= at + 2000);
      expect(numbers).toEqual(Array.from({ length: 2000 }, (_, i) => [at + i + 1, i + 1]));
    });

    test(`marks every metric stale when the ${farEnd} is gone, and says that it died`, async () => {
      const { rig, machine, sink } = await running();
      const other = can.texts ? (["m/Text", "running"] as const) : (["m/Set", 230] as const);
      machine.say(other[0], at + 1, other[1]);
      await hears(sink, other[0], at + 1, other[1]);
      await lose(rig);
      const stale = () => sink.stored.filter((r) => r.quality === quality.stale);
      await sink.until(() => sink.events.some((event) => event.kind === "death"));
      expect(stale()).toContainEqual(expect.objectContaining({ metric: "m/Number", value: 1 }));
      expect(stale()).toContainEqual(expect.objectContaining({ metric: other[0], value: other[1] }));
    });

    test(`goes on when the ${farEnd} comes back`, async () => {
      const { rig, machine, sink } = await running();
      await lose(rig);
      await sink.until(() => sink.events.some((event) => event.kind === "death"));
      await restore(rig);
      machine.say("m/Number", at + 9, 9);
      await hears(sink, "m/Number", at + 9, 9);
    });

    test("comes back by itself when the middle of the link was away", async () => {
      const { rig, driver, machine, sink } = await running();
      const births = () => sink.events.filter((event) => event.kind === "birth").length;
      const before = births();
      await rig.restartMiddle();
      await sink.until(() => births() > before);
      machine.say("m/Number", at + 50, 50);
      await hears(sink, "m/Number", at + 50, 50);
      await expect.poll(() => driver.health().connected).toBe(true);
    });

    test("writes an absolute value once, and the machine's echo comes back", async () => {
      const { driver, machine, sink } = await running();
      machine.say("m/Set", at + 1, 230);
      await hears(sink, "m/Set", at + 1, 230);
      expect(await driver.write("m/Set", 225.5)).toEqual({ result: "accepted" });
      await sink.until(() => sink.said("m/Set").some(([, value]) => value === 225.5));
      expect(machine.written).toEqual([{ metric: "m/Set", value: 225.5 }]);
    });

    test("refuses a write to a metric nobody said, and a value that is none", async () => {
      const { driver, machine } = await running();
      expect(await driver.write("m/Nothing", 1)).toMatchObject({ result: "refused" });
      expect(await driver.write("m/Number", Number.NaN)).toMatchObject({ result: "refused" });
      expect(machine.written).toEqual([]);
    });

    test(`refuses a write while the ${farEnd} is away, and does not send it when it comes back`, async () => {
      const { rig, driver, machine, sink } = await running();
      await lose(rig);
      await sink.until(() => sink.events.some((event) => event.kind === "death"));
      expect(await driver.write("m/Set", 999)).toMatchObject({ result: "refused" });
      await restore(rig);
      machine.say("m/Number", at + 3, 3);
      await hears(sink, "m/Number", at + 3, 3);
      expect(machine.written).toEqual([]);
    });

    test("keeps nonsense as unreadable and goes on", async () => {
      const { driver, machine, sink } = await running();
      await machine.talkNonsense();
      await sink.until(() => sink.events.some((event) => event.kind === "unreadable"));
      const nonsense = sink.events.find((event) => event.kind === "unreadable");
      expect(nonsense).toMatchObject({ reason: expect.stringMatching(/\w/), raw: expect.any(Uint8Array) });
      await machine.come();
      machine.say("m/Number", at + 7, 7);
      await hears(sink, "m/Number", at + 7, 7);
      expect(driver.health().errors).toBeGreaterThan(0);
    });

    test("a full disk costs at most a gap that is recorded", async () => {
      const { driver, machine, sink } = await running();
      sink.full = true;
      machine.say("m/Number", at + 20, 20);
      await expect.poll(() => driver.health().errors).toBeGreaterThan(0);
      const failed = polled ? systemClock.now() : at + 20;
      sink.full = false;
      machine.say("m/Number", at + 21, 21);
      await hears(sink, "m/Number", at + 21, 21);
      const there = sink.said("m/Number").filter(([, value]) => value === 20);
      const gap = () =>
        sink.events.some(
          (e) =>
            e.kind === "gap" &&
            e.from !== undefined &&
            e.from <= failed &&
            (e.to ?? e.at) >= (polled ? at : at + 20),
        );
      if (there.length === 0) await sink.until(gap);
      expect(there.length).toBeLessThanOrEqual(1);
    });

    test("hears nothing any more once it is stopped", async () => {
      const { driver, machine, sink } = await running();
      await driver.stop();
      const before = sink.stored.length;
      machine.say("m/Number", at + 30, 30);
      expect(driver.health().connected).toBe(false);
      expect(await driver.write("m/Set", 1)).toMatchObject({ result: "refused" });
      expect(sink.stored.length).toBe(before);
    });
  });
}
