import { ServiceFault } from "node-opcua-client";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Variable } from "../simulator/opcua-server.ts";
import type { OpcUaConfigInput } from "./opcua.contract.ts";
import {
  DataType,
  node,
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

type Nodes = NonNullable<OpcUaConfigInput["nodes"]>;
const first = ([node]: Nodes): Nodes[number] => node ?? { metric: "", node: "" };

const types = ["Boolean", "Int16", "UInt32", "Int64", "Float", "Double", "String"] as const;

/** A machine with a set-point of each type, and a node for each. */
function setpoints(names: readonly string[] = types): { machine: TestMachine; nodes: Nodes } {
  const machine = new TestMachine({
    build: (namespace, it) => {
      for (const name of names) it.addSetpoint(namespace, `m/${name}`, name);
    },
  });
  const nodes = names.map((name) => ({ metric: `m/${name}`, node: node(`m/${name}`), writable: true }));
  return { machine, nodes };
}

/** Lets the machine answer every write to a node with this status, and not take the value. */
function answers(variable: Variable, status: typeof StatusCodes.Good): void {
  Object.assign(variable, {
    writeValue: (...args: unknown[]) => {
      const done = args.at(-1);
      if (typeof done === "function") (done as (error: null, status: unknown) => void)(null, status);
      return Promise.resolve(status);
    },
  });
}

test("TRAP: a value is written in the node's own type", async () => {
  const { machine, nodes } = setpoints();
  const { driver, sink } = await watching(machine, { nodes });
  const given = {
    Boolean: true,
    Int16: -300,
    UInt32: 4_000_000_000,
    Int64: 2 ** 40,
    Float: 0.5,
    Double: 225.5,
    String: "läuft",
  };
  for (const [name, value] of Object.entries(given)) {
    expect(await driver.write(`m/${name}`, value), name).toEqual({ result: "accepted" });
    await sink.until(() => values(sink, `m/${name}`).includes(value));
  }
  expect(machine.written.map(({ metric }) => metric)).toEqual(Object.keys(given).map((name) => `m/${name}`));
});

test("TRAP: what does not fit the node's type is refused before anything is sent", async () => {
  const { machine, nodes } = setpoints();
  const { driver } = await watching(machine, { nodes });
  for (const [metric, value] of [
    ["m/Int16", 40_000],
    ["m/UInt32", -1],
    ["m/Int16", 1.5],
    ["m/Boolean", 1],
    ["m/Double", "225"],
    ["m/String", 5],
  ] as const) {
    expect(await driver.write(metric, value), metric).toMatchObject({ result: "refused" });
  }
  expect(machine.written).toEqual([]);
});

test("the echo is read back at once, though a deadband would hide it", async () => {
  const { machine, nodes } = setpoints(["Double"]);
  const { driver, sink } = await watching(machine, {
    nodes: [{ ...first(nodes), deadband: { absolute: 50 } }],
  });
  machine.set("m/Double", DataType.Double, 200);
  await sink.until(() => values(sink, "m/Double").includes(200));
  expect(await driver.write("m/Double", 210)).toEqual({ result: "accepted" });
  await sink.until(() => values(sink, "m/Double").includes(210));
});

test("TRAP: a node that the server lets nobody write, or that the config does not declare, is refused in words", async () => {
  const machine = new TestMachine({
    build: (namespace, it) => {
      it.add(namespace, "m/Read", "Double");
      it.addSetpoint(namespace, "m/Shy", "Double");
    },
  });
  const nodes = [
    { metric: "m/Read", node: node("m/Read"), writable: true },
    { metric: "m/Shy", node: node("m/Shy") },
  ];
  const { driver } = await watching(machine, { nodes });
  const refused = (reason: string) => ({ result: "refused", reason });
  expect(await driver.write("m/Read", 1)).toEqual(refused("the server does not let this user write m/Read"));
  expect(await driver.write("m/Shy", 1)).toEqual(refused("m/Shy is not declared writable"));
  expect(machine.written).toEqual([]);
});

test("TRAP: the server's status decides: refused, unknown, or accepted and not yet done", async () => {
  const { machine, nodes } = setpoints(["Double"]);
  const { driver } = await watching(machine, { nodes });
  for (const [status, result] of [
    [StatusCodes.BadOutOfRange, "refused"],
    [StatusCodes.BadUserAccessDenied, "refused"],
    [StatusCodes.BadTypeMismatch, "refused"],
    [StatusCodes.BadDeviceFailure, "unknown"],
    [StatusCodes.BadTimeout, "unknown"],
    [StatusCodes.GoodClamped, "unknown"],
    [StatusCodes.GoodCompletesAsynchronously, "accepted"],
  ] as const) {
    answers(machine.variable("m/Double"), status);
    expect(await driver.write("m/Double", 5), status.name).toMatchObject({ result });
  }
});

test("TRAP: a write without an answer is unknown, and is not sent again", async () => {
  const { machine, nodes } = setpoints(["Double"]);
  const { driver, sink } = await watching(machine, { nodes, timeoutMs: 300 });
  const variable = machine.variable("m/Double");
  const write = variable.writeValue.bind(variable);
  let asked = 0;
  // It never answers.
  Object.assign(variable, { writeValue: () => void (asked += 1) });
  expect(await driver.write("m/Double", 5)).toEqual({
    result: "unknown",
    reason: "no answer to the write within 300 ms",
  });
  Object.assign(variable, { writeValue: write });
  machine.wire.cut();
  await sink.until(() => sink.events.filter(({ kind }) => kind === "birth").length === 2);
  machine.set("m/Double", DataType.Double, 9);
  await sink.until(() => values(sink, "m/Double").includes(9));
  expect(asked).toBe(1);
  expect(machine.written).toEqual([]);
});

test("TRAP: a write that the server refuses for want of a session is not sent again behind our back", async () => {
  const { machine, nodes } = setpoints(["Double"]);
  const { driver, sink } = await watching(machine, { nodes });
  const births = () => sink.events.filter(({ kind }) => kind === "birth").length;
  let heard = 0;
  const { server } = machine;
  if (server === null) throw new Error("the machine is away");
  Object.assign(server, {
    _on_WriteRequest: (
      message: { request: { requestHeader: { requestHandle: number } } },
      channel: { send_response(kind: string, fault: ServiceFault, message: unknown): void },
    ) => {
      heard += 1;
      const { requestHandle } = message.request.requestHeader;
      const responseHeader = { serviceResult: StatusCodes.BadSessionIdInvalid, requestHandle };
      channel.send_response("MSG", new ServiceFault({ responseHeader }), message);
    },
  });
  expect(await driver.write("m/Double", 5)).toEqual({
    result: "refused",
    reason: "the session with the server is over",
  });
  await sink.until(() => births() === 2);
  machine.set("m/Double", DataType.Double, 9);
  await sink.until(() => values(sink, "m/Double").includes(9));
  expect(heard).toBe(1);
});

test("a set-point that is given by a method is one call with the value as its argument", async () => {
  const calls: unknown[] = [];
  const machine = new TestMachine({
    build: (namespace, it) => {
      const { objects } = namespace.addressSpace.rootFolder;
      const cnc = namespace.addObject({ browseName: "Cnc", nodeId: "s=Cnc", organizedBy: objects });
      it.add(namespace, "m/Speed", "Int32");
      for (const count of [1, 2]) {
        const method = namespace.addMethod(cnc, {
          browseName: `SetSpeed${count}`,
          nodeId: `s=SetSpeed${count}`,
          inputArguments: Array.from({ length: count }, (_, i) => ({
            name: `speed${i}`,
            dataType: DataType.Int32,
            description: { text: "rpm" },
          })),
          outputArguments: [],
        });
        method.bindMethod((inputs, _context, done) => {
          const speed = inputs[0]?.value as number;
          calls.push(speed);
          if (speed > 9000) return done(null, { statusCode: StatusCodes.BadOutOfRange, outputArguments: [] });
          it.set("m/Speed", DataType.Int32, speed);
          done(null, { statusCode: StatusCodes.Good, outputArguments: [] });
        });
      }
    },
  });
  const by = (method: string) => ({ object: node("Cnc"), method: node(method) });
  const speed = { metric: "m/Speed", node: node("m/Speed") };
  const { driver, sink } = await watching(machine, { nodes: [{ ...speed, method: by("SetSpeed1") }] });
  expect(await driver.write("m/Speed", 8000)).toEqual({ result: "accepted" });
  await sink.until(() => values(sink, "m/Speed").includes(8000));
  expect(await driver.write("m/Speed", 9500)).toEqual({
    result: "refused",
    reason: "the server says BadOutOfRange",
  });
  expect(await driver.write("m/Speed", 0.5)).toMatchObject({ result: "refused" });
  expect(calls).toEqual([8000, 9500]);

  const second = await watching(machine, { nodes: [{ ...speed, method: by("SetSpeed2") }] });
  expect(await second.driver.write("m/Speed", 1)).toMatchObject({
    reason: "the method takes 2 arguments, not one",
  });
  expect(calls).toHaveLength(2);
});

test("an argument that the method does not like decides over the call that was refused for it", async () => {
  const machine = new TestMachine({
    build: (namespace, it) => {
      const { objects } = namespace.addressSpace.rootFolder;
      const cnc = namespace.addObject({ browseName: "Cnc", nodeId: "s=Cnc", organizedBy: objects });
      it.add(namespace, "m/Speed", "Int32");
      const method = namespace.addMethod(cnc, {
        browseName: "SetSpeed",
        nodeId: "s=SetSpeed",
        inputArguments: [{ name: "speed", dataType: DataType.Int32, description: { text: "rpm" } }],
        outputArguments: [],
      });
      // "Invalid argument" alone leaves open whether anything was done; the argument's own status does not.
      method.bindMethod((_inputs, _context, done) =>
        done(null, {
          statusCode: StatusCodes.BadInvalidArgument,
          inputArgumentResults: [StatusCodes.BadOutOfRange],
          outputArguments: [],
        }),
      );
    },
  });
  const by = { object: node("Cnc"), method: node("SetSpeed") };
  const { driver } = await watching(machine, {
    nodes: [{ metric: "m/Speed", node: node("m/Speed"), method: by }],
  });
  expect(await driver.write("m/Speed", 8000)).toEqual({
    result: "refused",
    reason: "the server says BadOutOfRange",
  });
});

test("writes that pile up behind a server that does not answer are refused, and none of them is sent later", async () => {
  const { machine, nodes } = setpoints(["Double"]);
  const { driver } = await watching(machine, { nodes, timeoutMs: 300 });
  let asked = 0;
  Object.assign(machine.variable("m/Double"), { writeValue: () => void (asked += 1) });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => driver.write("m/Double", i)));
  const refused = answers.filter(({ result }) => result === "refused");
  expect(refused).toEqual(
    Array.from({ length: 4 }, () => ({ result: "refused", reason: "too many writes wait already" })),
  );
  expect(answers.filter(({ result }) => result === "unknown")).toHaveLength(16);
  expect(asked).toBe(16);
});
