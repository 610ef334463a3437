import { afterEach, beforeAll, expect, test } from "vitest";
import type { Namespace } from "../simulator/opcua-server.ts";
import {
  DataType,
  machineUri,
  node,
  sentences,
  started,
  stopAll,
  TestMachine,
  values,
  warmUp,
  warmUpMs,
} from "./testing.ts";

beforeAll(warmUp, warmUpMs);
afterEach(stopAll);

const celsius = {
  namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact",
  unitId: 4_408_652,
  displayName: "degree Celsius",
  description: "",
};

/** cnc-1 with Spindle/Speed and Spindle/Temperature in °C, cnc-2 with Program, and a list that cannot be read. */
function hall(namespace: Namespace, it: TestMachine): void {
  const { objects } = namespace.addressSpace.rootFolder;
  type Folder = ReturnType<Namespace["addFolder"]>;
  const folder = (name: string, parent: Folder = objects) =>
    namespace.addFolder(parent, { browseName: name, nodeId: `s=${name}` });
  const spindle = folder("Spindle", folder("cnc-1"));
  it.add(namespace, "Speed", "Double", { organizedBy: spindle });
  const temperature = namespace.addAnalogDataItem({
    browseName: "Temperature",
    nodeId: "s=Temperature",
    organizedBy: spindle,
    dataType: "Double",
    engineeringUnits: celsius,
    engineeringUnitsRange: { low: 0, high: 200 },
  });
  it.variables.set("Temperature", temperature);
  const second = folder("cnc-2");
  it.add(namespace, "Program", "String", { organizedBy: second });
  it.add(namespace, "List", "Double", { organizedBy: second, valueRank: 1 });
}

const birth = (sink: { events: readonly { kind: string }[] }) =>
  sink.events.find((event) => event.kind === "birth") as unknown as { metrics: string[] } | undefined;

test("browsing names every variable by its path, with its unit, and says what is not read", async () => {
  const machine = new TestMachine({ build: hall });
  const { sink } = await started(machine, { browse: {} });
  await sink.until(() => birth(sink) !== undefined);
  const own = birth(sink)?.metrics.filter((metric) => metric.startsWith("cnc-"));
  expect(own?.toSorted()).toEqual(["cnc-1/Spindle/Speed", "cnc-1/Spindle/Temperature", "cnc-2/Program"]);
  machine.set("Temperature", DataType.Double, 61.5);
  machine.set("Program", DataType.String, "O1000");
  await sink.until(() => values(sink, "cnc-2/Program").includes("O1000"));
  await sink.until(() => values(sink, "cnc-1/Spindle/Temperature").includes(61.5));
  expect(sink.stored.find(({ value }) => value === 61.5)).toMatchObject({ unit: "°C" });
  expect(sentences(sink, "unreadable").join("\n")).toMatch(/variables below i=85 are arrays, structures/);
});

test("browsing may begin below a node, and a node of the config keeps its own name", async () => {
  const machine = new TestMachine({ build: hall });
  const { sink } = await started(machine, {
    nodes: [{ metric: "speed", node: node("Speed") }],
    browse: { root: `nsu=${machineUri};s=cnc-1` },
  });
  await sink.until(() => birth(sink) !== undefined);
  expect(birth(sink)?.metrics).toEqual(["speed", "Spindle/Temperature"]);
});

test("browsing ends at its limits of depth and count, and says which", async () => {
  const machine = new TestMachine({ build: hall });
  const shallow = await started(machine, { browse: { depth: 1, root: `nsu=${machineUri};s=cnc-1` } });
  await shallow.sink.until(() => sentences(shallow.sink, "unreadable").length > 0);
  expect(sentences(shallow.sink, "unreadable")[0]).toContain("there is more than 1 levels below the root");
  const few = await started(machine, { browse: { max: 1, root: `nsu=${machineUri};s=cnc-1` } });
  await few.sink.until(() => birth(few.sink) !== undefined);
  expect(birth(few.sink)?.metrics).toHaveLength(1);
  expect(sentences(few.sink, "unreadable")[0]).toContain("there are more than 1 variables");
});

test("what was found by browsing is never written", async () => {
  const machine = new TestMachine({
    build: (namespace, it) => void it.addSetpoint(namespace, "Set", "Double"),
  });
  const { driver, sink } = await started(machine, { browse: {} });
  await sink.until(() => birth(sink)?.metrics.includes("Set") === true);
  expect(await driver.write("Set", 1)).toMatchObject({
    result: "refused",
    reason: "Set was found by browsing: to write it, name it under nodes with writable",
  });
  expect(machine.written).toEqual([]);
});
