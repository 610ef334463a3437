import { connectAsync } from "mqtt";
import { describe, expect, test } from "vitest";
import { ManualClock, systemClock } from "#server/core/clock.ts";
import { RecordingSink } from "../driver-contract.ts";
import type { DriverEvent, RawReading } from "../driver.contract.ts";
import { quality } from "../tag.contract.ts";
import {
  brokers,
  brought,
  deaths,
  kinds,
  person,
  say,
  started,
  silent,
  plain,
  begun,
} from "./testing-source.ts";

describe.each(brokers)("with $name", ({ there, build }) => {
  test.runIf(there)(
    "a retained message is the last known value, history when it is old, and no sign of life",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const now = systemClock.now();
      await say(client, "plant/m/Old", `{"v":1,"t":${now - 3_600_000}}`, true);
      await say(client, "plant/m/Young", `{"v":2,"t":${now - 1000}}`, true);
      await say(client, "plain/m/Timeless", "3", true);
      const { driver, sink } = await started(broker);
      await sink.until(() => sink.stored.length === 3);
      const of = (metric: string) => sink.stored.find((reading) => reading.metric === metric);
      expect(of("m/Old")).toEqual({
        metric: "m/Old",
        sourceTime: now - 3_600_000,
        value: 1,
        quality: quality.good,
        historical: true,
      });
      expect(of("m/Young")).toEqual({
        metric: "m/Young",
        sourceTime: now - 1000,
        value: 2,
        quality: quality.good,
      });
      expect(of("m/Timeless")).toMatchObject({ value: 3, quality: quality.stale });
      expect(driver.health()).toMatchObject({ messages: 3, lastMessageAt: null });
      // It is known, so it may be written to.
      expect(await driver.write("m/Old", 5)).toEqual({ result: "accepted" });
      // Said while we listen it is as good as any, with the broker's copy kept or not.
      await say(client, "plain/m/Timeless", "4", true);
      await sink.until(() => sink.said("m/Timeless").some(([, value]) => value === 4));
      await expect.poll(() => driver.health().lastMessageAt).not.toBeNull();
      // A machine whose clock is wrong is still heard live.
      await say(client, "plant/m/Old", `{"v":9,"t":${now - 3_600_000}}`);
      await sink.until(() => sink.said("m/Old").some(([, value]) => value === 9));
      expect(sink.stored.find(({ value }) => value === 9)).not.toHaveProperty("historical");
    },
  );

  test.runIf(there)(
    "a retained message that comes again with a new connection is not stored again",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const { sink } = await started(broker);
      const at = systemClock.now();
      await say(client, "plant/m/State", `{"v":"idle","t":${at}}`, true);
      await sink.until(() => sink.said("m/State").length === 1);
      const births = () => kinds(sink).filter((kind) => kind === "birth").length;
      await broker.down();
      await sink.until(() => deaths(sink).length === 1);
      await broker.up();
      await sink.until(() => births() === 2);
      await expect.poll(() => client.connected).toBe(true);
      // A broker without a disk has forgotten it: it is said again either way.
      await say(client, "plant/m/State", `{"v":"idle","t":${at}}`, true);
      await say(client, "plant/m/State", `{"v":"running","t":${at + 1}}`, true);
      await sink.until(() => sink.said("m/State").some(([, value]) => value === "running"));
      expect(sink.said("m/State")).toEqual([
        [at, "idle"],
        [at + 1, "running"],
      ]);
    },
  );

  test.runIf(there)(
    "a retained message that is older than the last value does not take its place",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const { sink } = await started(broker);
      const at = systemClock.now();
      await say(client, "plant/m/A", `{"v":1,"t":${at}}`, true);
      await say(client, "plant/m/A", `{"v":2,"t":${at + 1}}`);
      await sink.until(() => sink.said("m/A").length === 2);
      const births = () => kinds(sink).filter((kind) => kind === "birth").length;
      // Somebody with our client id takes the connection; we come back and hear the retained message again.
      const thief = await connectAsync(broker.url, {
        clientId: "millwright-edge-1-plant",
        reconnectPeriod: 0,
      });
      await sink.until(() => births() === 2);
      await say(client, "plain/m/B", "1");
      await sink.until(() => sink.said("m/B").length === 1);
      await broker.down();
      await sink.until(() => deaths(sink).length === 2);
      const stale = sink.stored.filter(
        (reading) => reading.quality === quality.stale && reading.metric === "m/A",
      );
      expect(stale.map(({ value }) => value)).toEqual([2, 2]);
      thief.end(true);
    },
  );

  test.runIf(there)(
    "the same metric, time and value delivered again is stored once; without a time each is a message",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const { sink } = await started(broker, { limits: { repeats: 2 } });
      const at = systemClock.now();
      const one = `{"v":1,"t":${at}}`;
      await say(client, "plant/m/A", one);
      await say(client, "plant/m/A", one);
      await say(client, "plant/m/A", `{"v":true,"t":${at}}`);
      await say(client, "plant/m/A", `{"v":"1","t":${at}}`);
      // Memory is bounded: the first is forgotten by now.
      await say(client, "plant/m/A", one);
      for (let i = 0; i < 3; i++) await say(client, "plain/m/B", "7");
      await sink.until(() => sink.said("m/B").length === 3);
      expect(sink.said("m/A").map(([, value]) => value)).toEqual([1, true, "1", 1]);
    },
  );

  test.runIf(there)("a message without a time takes the edge's", async () => {
    const broker = await brought(build());
    const client = await person(broker);
    const clock = new ManualClock(1_764_000_000_000);
    const { sink } = await started(broker, {}, clock);
    await say(client, "plain/m/B", "7");
    await sink.until(() => sink.said("m/B").length === 1);
    clock.advance(5);
    await say(client, "plant/m/A", '{"v":8}');
    await sink.until(() => sink.said("m/A").length === 1);
    expect([...sink.said("m/B"), ...sink.said("m/A")]).toEqual([
      [1_764_000_000_000, 7],
      [1_764_000_000_005, 8],
    ]);
  });

  test.runIf(there)(
    "a lost connection is a death, and what may be missing a gap that ends when it stands again",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const { driver, sink } = await started(broker);
      await say(client, "plain/m/B", "7");
      await sink.until(() => sink.said("m/B").length === 1);
      expect(kinds(sink)).toEqual(["gap", "birth"]);
      await broker.down();
      await sink.until(() => deaths(sink).length === 1);
      expect(deaths(sink)[0]).toMatchObject({ device: "", reason: "the connection to the broker is lost" });
      expect(driver.health().connected).toBe(false);
      await broker.up();
      await sink.until(() => kinds(sink).length === 5);
      expect(kinds(sink).slice(2)).toEqual(["death", "gap", "birth"]);
      const gap = sink.events[3];
      // Where it began only the disk knows: the edge fills in the last stored reading.
      expect(gap).not.toHaveProperty("from");
      expect(gap?.at).toBeGreaterThanOrEqual(deaths(sink)[0]?.at ?? Number.NaN);
      expect(sink.events[4]).toMatchObject({ kind: "birth", metrics: ["m/B"] });
    },
  );

  test.runIf(there)(
    "what cannot be read is kept with its topic and at most 64 KiB, and the rest goes on",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const { driver, sink } = await started(broker);
      await say(client, "plant/m/A", "x".repeat(100_000));
      await say(client, "plain/m/B", "7");
      await sink.until(() => sink.said("m/B").length === 1);
      const letter = sink.events.find((event) => event.kind === "unreadable");
      expect(letter).toMatchObject({ reason: "plant/m/A: it is no JSON" });
      expect(letter?.kind === "unreadable" ? letter.raw.length : 0).toBe(64 * 1024);
      expect(driver.health().errors).toBe(1);
    },
  );

  test.runIf(there)(
    "no more metrics are remembered than the limit says; their readings are stored all the same",
    async () => {
      const broker = await brought(build());
      const client = await person(broker);
      const { driver, sink } = await started(broker, { limits: { metrics: 2 } });
      for (const name of ["A", "B", "C"]) await say(client, `plant/m/${name}`, '{"v":1}');
      await sink.until(() => sink.said("m/C").length === 1);
      expect(await driver.write("m/B", 1)).toEqual({ result: "accepted" });
      expect(await driver.write("m/C", 1)).toMatchObject({ result: "refused" });
      await broker.down();
      await sink.until(() => deaths(sink).length === 1);
      const stale = sink.stored.filter((reading) => reading.quality === quality.stale);
      expect(stale.map(({ metric }) => metric)).toEqual(["m/A", "m/B"]);
    },
  );
});

test("what is heard before the subscription is acknowledged comes after the gap and the birth", async () => {
  const broker = await silent();
  const order: string[] = [];
  class Ordered extends RecordingSink {
    override readings(batch: readonly RawReading[]): Promise<void> {
      order.push("readings");
      return super.readings(batch);
    }
    override event(event: DriverEvent): Promise<void> {
      order.push(event.kind);
      return super.event(event);
    }
  }
  const sink = new Ordered();
  await begun(broker.url, { mappings: [plain] }, systemClock, sink);
  await sink.until(() => order.length === 3);
  expect(order).toEqual(["gap", "birth", "readings"]);
});
