import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import {
  DataType,
  node,
  sentences,
  stopAll,
  TestMachine,
  values,
  warmUp,
  warmUpMs,
  watching,
} from "./testing.ts";

beforeAll(warmUp, warmUpMs);
afterEach(stopAll);
// A try that is lost on a busy machine costs its time limit, and the next one succeeds.
vi.setConfig({ testTimeout: 20_000 });

const names = ["m/A", "m/B"];
const nodes = names.map((metric) => ({ metric, node: node(metric), queue: 1000 }));
const two = (): TestMachine =>
  new TestMachine({
    build: (namespace, it) => {
      for (const name of names) it.add(namespace, name, "Double");
    },
  });

test("a cut wire costs nothing: session and subscription live on, and there is no gap", async () => {
  const machine = two();
  const { sink } = await watching(machine, { nodes });
  machine.set("m/A", DataType.Double, 1);
  await sink.until(() => values(sink, "m/A").includes(1));
  const births = () => sink.events.filter(({ kind }) => kind === "birth").length;
  const gaps = sentences(sink, "gap").length;
  await machine.wire.down();
  const at = systemClock.now();
  for (let i = 0; i < 100; i++) machine.set("m/A", DataType.Double, 100 + i, at + i);
  await sink.until(() => sink.events.some(({ kind }) => kind === "death"));
  await machine.wire.up();
  await sink.until(() => births() === 2 && values(sink, "m/A").includes(199));
  const during = sink.said("m/A").filter(([time]) => time >= at && time < at + 100);
  expect(during.toSorted(([x], [y]) => x - y)).toEqual(
    Array.from({ length: 100 }, (_, i) => [at + i, 100 + i]),
  );
  expect(sentences(sink, "gap")).toHaveLength(gaps);
});

test("messages that were lost on the wire are asked for again", async () => {
  const machine = two();
  const { sink } = await watching(machine, { nodes });
  machine.set("m/A", DataType.Double, 1);
  await sink.until(() => values(sink, "m/A").includes(1));
  const gaps = sentences(sink, "gap").length;
  // The server has sent them in two messages, and nobody has heard either. Asking what is now would show the second only.
  machine.wire.swallows = true;
  for (const value of [2, 3]) {
    const sent = machine.server?.bytesWritten ?? 0;
    machine.set("m/A", DataType.Double, value);
    await expect.poll(() => machine.server?.bytesWritten ?? 0, { interval: 5 }).toBeGreaterThan(sent);
  }
  machine.wire.cut();
  machine.wire.swallows = false;
  await sink.until(() => [2, 3].every((value) => values(sink, "m/A").includes(value)));
  expect(sentences(sink, "gap")).toHaveLength(gaps);
});

test("what stayed the same during an outage is no longer stale after it", async () => {
  const machine = two();
  const { sink } = await watching(machine, { nodes });
  machine.set("m/B", DataType.Double, 230, systemClock.now() - 5000);
  await sink.until(() => values(sink, "m/B").includes(230));
  const last = () => sink.stored.findLast(({ metric }) => metric === "m/B");
  machine.wire.cut();
  await sink.until(() => last()?.quality === 3);
  const staleAt = last()?.sourceTime ?? 0;
  await sink.until(() => last()?.quality === 0);
  expect(last()).toMatchObject({ value: 230 });
  expect(last()?.sourceTime).toBeGreaterThan(staleAt);
});

test("a restart of the server makes a new session and subscription, and the time between is a gap", async () => {
  const machine = two();
  const { sink } = await watching(machine, { nodes });
  machine.set("m/A", DataType.Double, 1);
  await sink.until(() => values(sink, "m/A").includes(1));
  const gaps = sentences(sink, "gap").length;
  await machine.down();
  await sink.until(() => sink.events.some(({ kind }) => kind === "death"));
  expect(sink.stored.at(-1)).toMatchObject({ quality: 3 });
  await machine.up();
  machine.set("m/A", DataType.Double, 2);
  await sink.until(() => values(sink, "m/A").includes(2));
  expect(sentences(sink, "gap")).toHaveLength(gaps + 1);
});

test("TRAP: a subscription that the server dropped during an outage is made anew, and a gap is marked", async () => {
  const machine = two();
  const { sink } = await watching(machine, { nodes, aliveMs: 100, keepMs: 1000, publishMs: 50 });
  await machine.wire.down();
  await sink.until(() => sink.events.some(({ kind }) => kind === "death"));
  const gaps = sentences(sink, "gap").length;
  await expect.poll(() => machine.server?.currentSubscriptionCount, { timeout: 15_000 }).toBe(0);
  await machine.wire.up();
  machine.set("m/A", DataType.Double, 5);
  await sink.until(() => values(sink, "m/A").includes(5));
  expect(sentences(sink, "gap")).toHaveLength(gaps + 1);
});

test("TRAP: a silent machine with nothing to say is alive, and one that answers nothing is not", async () => {
  const machine = two();
  const config = { nodes, aliveMs: 100, publishMs: 50, timeoutMs: 300 };
  const { driver, sink } = await watching(machine, config);
  // Several keep-alives long, without a value.
  const before = driver.health().lastMessageAt ?? 0;
  await expect.poll(() => driver.health().lastMessageAt ?? 0).toBeGreaterThan(before + 800);
  expect(sentences(sink, "death")).toEqual([]);
  machine.wire.swallows = true;
  await sink.until(() => sentences(sink, "death").length > 0);
  expect(sentences(sink, "death")[0]).toMatch(/the server said nothing for \d+ ms|connection broke/);
  machine.wire.swallows = false;
  machine.set("m/A", DataType.Double, 3);
  await sink.until(() => values(sink, "m/A").includes(3));
});

test("TRAP: a namespace whose index moved with a restart does not bind to another machine's node", async () => {
  const machine = two();
  const { sink } = await watching(machine, { nodes });
  machine.set("m/A", DataType.Double, 1);
  await sink.until(() => values(sink, "m/A").includes(1));
  await machine.down();
  await machine.up({
    namespacesBefore: ["urn:test:other"],
    build: (namespace, it) => {
      // Where the machine's namespace was, another stands now, with a node of the same name.
      const other = namespace.addressSpace.getNamespace("urn:test:other");
      expect(other.index).toBe(namespace.index - 1);
      it.add(other, "m/A", "Double");
      it.set("m/A", DataType.Double, 666);
      for (const name of names) it.add(namespace, name, "Double");
      it.set("m/A", DataType.Double, 2);
    },
  });
  await sink.until(() => values(sink, "m/A").includes(2));
  expect(values(sink, "m/A")).not.toContain(666);
});

test("TRAP: a variable that has another type after a restart is told", async () => {
  const machine = two();
  const { sink } = await watching(machine, { nodes });
  await machine.down();
  await machine.up({
    build: (namespace, it) => {
      it.add(namespace, "m/A", "Int32");
      it.add(namespace, "m/B", "Double");
    },
  });
  await sink.until(() => sentences(sink, "unreadable").length > 0);
  expect(sentences(sink, "unreadable")).toEqual([
    "m/A was Double and is Int32 now: look at its scale, its limits and who writes it",
  ]);
  machine.set("m/A", DataType.Int32, 4);
  await sink.until(() => values(sink, "m/A").includes(4));
});

test("the first try after a lost link comes within a quarter of a second", async () => {
  const machine = two();
  const { driver, sink } = await watching(machine, { nodes });
  expect(driver.health().connected).toBe(true);
  const began = systemClock.monotonic();
  machine.wire.cut();
  await sink.until(() => sink.events.filter(({ kind }) => kind === "birth").length === 2);
  // The pause, the connection and the session together.
  expect(systemClock.monotonic() - began).toBeLessThan(1500);
});
