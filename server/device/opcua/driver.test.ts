import { DataType, StatusCodes, VariantArrayType } from "node-opcua-client";
import { beforeAll } from "vitest";
import { driverContract, type MachineSide, type Rig } from "../driver-contract.ts";
import { driverFor, node, TestMachine, warmUp, warmUpMs } from "./testing.ts";

const types: Readonly<Record<string, DataType>> = {
  "m/Number": DataType.Double,
  "m/Text": DataType.String,
  "m/Flag": DataType.Boolean,
  "m/Count": DataType.Int64,
  "m/Set": DataType.Double,
};

class ServerSide implements MachineSide {
  readonly machine: TestMachine;

  constructor(machine: TestMachine) {
    this.machine = machine;
  }

  get written(): { metric: string; value: unknown }[] {
    return this.machine.written;
  }

  async come(): Promise<void> {
    if (this.machine.server === null) await this.machine.up();
  }

  say(metric: string, at: number, value: number | string | boolean | null | bigint): void {
    if (this.machine.server === null) return;
    const variant =
      value === null
        ? { dataType: DataType.Null }
        : {
            dataType: types[metric] ?? DataType.Null,
            arrayType: VariantArrayType.Scalar,
            value: typeof value === "bigint" ? halves(value) : value,
          };
    this.machine.variable(metric).setValueFromSource(variant, StatusCodes.Good, new Date(at));
  }

  go(): Promise<void> {
    return this.machine.down();
  }

  talkNonsense(): Promise<void> {
    const variant = { dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1, 2, 3] };
    this.machine.variable("m/Number").setValueFromSource(variant, StatusCodes.Good);
    return Promise.resolve();
  }
}

const halves = (value: bigint): [number, number] => [
  Number(BigInt.asUintN(32, value >> 32n)),
  Number(BigInt.asUintN(32, value)),
];

async function rig(): Promise<Rig> {
  const machine = new TestMachine({
    build: (namespace, it) => {
      const { addressSpace } = namespace;
      const celsius = {
        namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact",
        unitId: 4_408_652,
        displayName: "degree Celsius",
        description: "degree Celsius",
      };
      const number = namespace.addAnalogDataItem({
        browseName: "Number",
        nodeId: "s=m/Number",
        organizedBy: addressSpace.rootFolder.objects,
        dataType: "Double",
        minimumSamplingInterval: 0,
        valueRank: -2,
        engineeringUnitsRange: { low: -1e9, high: 1e9 },
        engineeringUnits: celsius,
      });
      it.variables.set("m/Number", number);
      it.add(namespace, "m/Text", "String");
      it.add(namespace, "m/Flag", "Boolean");
      it.add(namespace, "m/Count", "Int64");
      it.addSetpoint(namespace, "m/Set", "Double");
    },
  });
  await machine.up();
  const nodes = Object.keys(types).map((metric) => ({
    metric,
    node: node(metric),
    queue: 5000,
    report: "every" as const,
    writable: metric === "m/Set",
  }));
  const driver = await driverFor(machine.url, { nodes });
  await machine.down();
  return {
    driver,
    machine: new ServerSide(machine),
    restartMiddle: () => {
      machine.wire.cut();
      return Promise.resolve();
    },
    close: () => machine.down(),
  };
}

beforeAll(warmUp, warmUpMs);
driverContract("OPC UA", rig);
