import { coerceNodeId } from "node-opcua-client";
import { afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import type { Namespace } from "../simulator/opcua-server.ts";
import {
  DataType,
  node,
  sentences,
  started,
  StatusCodes,
  stopAll,
  TestMachine,
  values,
  warmUp,
  warmUpMs,
  watching,
} from "./testing.ts";

beforeAll(warmUp, warmUpMs);
afterEach(stopAll);

/** A machine with one Double. */
const one = (more: object = {}): TestMachine =>
  new TestMachine({ build: (namespace, it) => void it.add(namespace, "m/A", "Double", more) });
const a = { metric: "m/A", node: node("m/A") };

test("TRAP: sampling faster than publishing loses nothing, because the queue asked for is long enough", async () => {
  const machine = one();
  const { sink } = await watching(machine, { publishMs: 200, sampleMs: 0, nodes: [{ ...a, queue: 500 }] });
  const at = systemClock.now() - 1000;
  for (let i = 1; i <= 300; i++) machine.set("m/A", DataType.Double, i, at + i);
  await sink.until(() => values(sink, "m/A").includes(300));
  expect(values(sink, "m/A").slice(-300)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  expect(sentences(sink, "gap")).toEqual(["the edge was not connected to the server"]);
});

test("TRAP: what the server's queue could not hold is a gap between the values around it", async () => {
  const machine = one();
  const { sink } = await watching(machine, { nodes: [{ ...a, queue: 5 }] });
  const at = systemClock.now();
  machine.set("m/A", DataType.Double, -1, at);
  await sink.until(() => values(sink, "m/A").includes(-1));
  for (let i = 0; i < 50; i++) machine.set("m/A", DataType.Double, i, at + i + 1);
  await sink.until(() => sink.events.filter(({ kind }) => kind === "gap").length === 2);
  const gap = sink.events.filter((event) => event.kind === "gap").at(-1);
  expect(gap).toMatchObject({ device: "m", from: at, reason: expect.stringContaining("queue was full") });
  await sink.until(() => values(sink, "m/A").includes(49));
  const kept = sink.said("m/A").filter(([time]) => time > at);
  expect(kept.length).toBeLessThan(50);
  expect(gap?.kind === "gap" && (gap.to ?? 0)).toBeGreaterThanOrEqual(kept[0]?.[0] ?? Infinity);
});

test("TRAP: a server that keeps fewer values than it takes is told, for a queue of one has no flag", async () => {
  // At the server's usual 50 ms, twenty values are taken between two publications.
  const machine = one({ minimumSamplingInterval: 50 });
  const { sink } = await started(machine, { publishMs: 1000, nodes: [{ ...a, sampleMs: 50, queue: 4 }] });
  await sink.until(() => sink.events.some(({ kind }) => kind === "birth"));
  // What the config itself asks for needs no telling.
  expect(sentences(sink, "unreadable")).toEqual([]);
});

test("TRAP: the times are the server's: source timestamp first, then server timestamp", async () => {
  const machine = one();
  const { sink } = await watching(machine, { nodes: [a] });
  const at = systemClock.now() - 5000;
  machine.set("m/A", DataType.Double, 1, at);
  await sink.until(() => values(sink, "m/A").includes(1));
  expect(sink.said("m/A")).toContainEqual([at, 1]);
  const late = systemClock.now();
  machine.variable("m/A").setValueFromSource({ dataType: DataType.Double, value: 2 }, StatusCodes.Good);
  await sink.until(() => values(sink, "m/A").includes(2));
  expect(sink.said("m/A").at(-1)?.[0]).toBeGreaterThanOrEqual(late - 1);
});

test("a set-point that nobody touched for months is true now, and is not stored as months old", async () => {
  const machine = one();
  const began = systemClock.now();
  await machine.up();
  machine.set("m/A", DataType.Double, 230, began - 200 * 86_400_000);
  const { sink } = await started(machine, { nodes: [a] });
  await sink.until(() => values(sink, "m/A").includes(230));
  expect(sink.stored).toHaveLength(1);
  expect(sink.stored[0]?.sourceTime).toBeGreaterThanOrEqual(began);
});

test("TRAP: a bad value is not used at all, and an uncertain one is kept as uncertain", async () => {
  const machine = one();
  const { sink } = await watching(machine, { nodes: [a] });
  const at = systemClock.now() - 1000;
  machine.set("m/A", DataType.Double, 1, at);
  machine.set("m/A", DataType.Double, 2, at + 1, StatusCodes.UncertainSensorNotAccurate);
  machine.set("m/A", DataType.Double, 3, at + 2, StatusCodes.BadSensorFailure);
  machine.set("m/A", DataType.Double, 4, at + 3, StatusCodes.GoodLocalOverride);
  machine.set("m/A", DataType.Double, 5, at + 4);
  await sink.until(() => values(sink, "m/A").includes(5));
  expect(sink.stored.slice(-5).map(({ value, quality }) => [value, quality])).toEqual([
    [1, 0],
    [2, 1],
    [null, 2],
    [4, 1],
    [5, 0],
  ]);
});

test("TRAP: a status that changes is said although the value stays the same", async () => {
  const machine = one();
  const { sink } = await watching(machine, { nodes: [{ ...a, deadband: { absolute: 100 } }] });
  machine.set("m/A", DataType.Double, 1);
  await sink.until(() => values(sink, "m/A").includes(1));
  machine.set("m/A", DataType.Double, 1, systemClock.now(), StatusCodes.UncertainLastUsableValue);
  await sink.until(() => sink.stored.some(({ quality }) => quality === 1));
});

test("a value that stays is said again while the server lives, but the length of a cycle is not", async () => {
  const machine = new TestMachine({
    build: (namespace, it) => {
      for (const name of ["m/State", "m/CycleTime"]) it.add(namespace, name, "Double");
    },
  });
  const nodes = [
    { metric: "m/State", node: node("m/State") },
    { metric: "m/CycleTime", node: node("m/CycleTime"), report: "every" as const },
  ];
  const { sink } = await watching(machine, {
    nodes,
    repeatMs: 150,
    aliveMs: 100,
    publishMs: 50,
    timeoutMs: 400,
  });
  machine.set("m/State", DataType.Double, 6);
  machine.set("m/CycleTime", DataType.Double, 1200);
  await sink.until(() => values(sink, "m/State").filter((value) => value === 6).length === 4);
  const times = sink.said("m/State").map(([time]) => time);
  for (const [i, time] of times.entries()) expect(time).toBeGreaterThan(times[i - 1] ?? 0);
  expect(values(sink, "m/CycleTime")).toEqual([1200]);
  machine.wire.swallows = true;
  await sink.until(() => sink.stored.some(({ quality }) => quality === 3));
  const said = values(sink, "m/State").length;
  machine.wire.swallows = false;
  await sink.until(() => sink.events.filter(({ kind }) => kind === "birth").length === 2);
  // While nothing was heard, nothing was said again; then the value was confirmed.
  expect(values(sink, "m/State").length).toBeLessThanOrEqual(said + 1);
});

test("an absolute deadband keeps small changes at the server", async () => {
  const machine = one();
  const { sink } = await watching(machine, { nodes: [{ ...a, deadband: { absolute: 1 } }] });
  for (const value of [10, 10.5, 10.9, 12, 12.5, 20]) machine.set("m/A", DataType.Double, value);
  await sink.until(() => values(sink, "m/A").includes(20));
  expect(values(sink, "m/A").slice(-3)).toEqual([10, 12, 20]);
});

function analog(machine: TestMachine, namespace: Namespace): void {
  const variable = namespace.addAnalogDataItem({
    browseName: "A",
    nodeId: "s=m/A",
    organizedBy: namespace.addressSpace.rootFolder.objects,
    dataType: "Double",
    minimumSamplingInterval: 0,
    engineeringUnitsRange: { low: 0, high: 200 },
  });
  machine.variables.set("m/A", variable);
}

test("TRAP: a deadband in percent is one of the variable's range, and without a range it is refused in words", async () => {
  const ranged = new TestMachine({ build: (namespace, it) => analog(it, namespace) });
  const nodes = [{ ...a, deadband: { percent: 10 } }];
  const { sink } = await watching(ranged, { nodes });
  for (const value of [50, 65, 75]) ranged.set("m/A", DataType.Double, value);
  await sink.until(() => values(sink, "m/A").includes(75));
  expect(values(sink, "m/A").slice(-2)).toEqual([50, 75]);

  const other = await started(one(), { nodes });
  await other.sink.until(() => sentences(other.sink, "unreadable").length > 0);
  expect(sentences(other.sink, "unreadable")[0]).toContain("has no range (EURange): give an absolute one");
  expect(other.sink.stored.at(-1)).toMatchObject({ metric: "m/A", value: null, quality: 2 });
});

test("TRAP: one refused variable does not keep the others from being watched", async () => {
  const machine = one();
  const nodes = [
    { metric: "m/Gone", node: node("m/Gone") },
    a,
    { metric: "m/Else", node: "nsu=urn:nobody;s=x" },
  ];
  const { sink } = await started(machine, { nodes });
  machine.set("m/A", DataType.Double, 7);
  await sink.until(() => values(sink, "m/A").includes(7));
  expect(sentences(sink, "unreadable").toSorted()).toEqual([
    "m/Else (nsu=urn:nobody;s=x): the server does not have this namespace",
    `m/Gone (${node("m/Gone")}): the server does not know this node`,
  ]);
  const bad = sink.stored.filter(({ quality }) => quality === 2).map(({ metric }) => metric);
  expect(bad.toSorted()).toEqual(["m/Else", "m/Gone"]);
});

test("arrays, structures and byte strings are described and not read", async () => {
  const machine = new TestMachine({
    build: (namespace, it) => {
      it.add(namespace, "m/List", "Double", { valueRank: 1 });
      it.add(namespace, "m/Bytes", "ByteString");
      const range = namespace.addressSpace.constructExtensionObject(coerceNodeId("i=884"), {
        low: 0,
        high: 1,
      });
      it.add(namespace, "m/Range", "Range");
      it.set("m/Range", DataType.ExtensionObject, range);
    },
  });
  const names = ["m/List", "m/Bytes", "m/Range"];
  const nodes = names.map((metric) => ({ metric, node: node(metric) }));
  const { sink } = await started(machine, { nodes });
  await sink.until(() => sentences(sink, "unreadable").length === 3);
  expect(sentences(sink, "unreadable").join("\n")).toMatch(/array of Double[^]*a ByteString[^]*a structure/);
});
