import { DataType, type DataValue, type StatusCode, StatusCodes } from "node-opcua-client";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import { ensureIdentity } from "../opcua/identity.ts";
import type { PlantMetric, WireType } from "./metrics.ts";
import { makeServer, type Namespace, type Variable } from "./opcua-server.ts";
import { cellName, plantUri } from "./opcua-nodes.ts";
import type { Value } from "./physics/machine.ts";
import type { Sample } from "./physics/plant.ts";

export interface OpcUaOutletOptions {
  readonly port: number;
  /** Where the cell's own certificate lies; made there if there is none. */
  readonly folder: string;
  readonly machines: ReadonlyMap<string, readonly PlantMetric[]>;
  readonly clock: Clock;
  readonly log: Logger;
  present(machine: string): readonly Sample[];
  /** Obeys a write (null), or says why not. */
  onWrite(machine: string, metric: string, value: number | string | boolean): string | null;
  /** What clients could see from now on. */
  onSaid(samples: readonly Sample[]): void;
}

/** The cell's controller as OPC UA clients see it. */
export interface OpcUaOutlet {
  readonly url: string;
  put(samples: readonly Sample[]): void;
  /** Whether anybody is connected. */
  connected(): boolean;
  stop(): Promise<void>;
}

const types: Readonly<Record<WireType, DataType>> = {
  // As the counters of a controller are: 32 bits, no sign.
  Int64: DataType.UInt32,
  Float: DataType.Float,
  Double: DataType.Double,
  Boolean: DataType.Boolean,
  String: DataType.String,
};

/** A length of a cycle is news also when it is the same again. */
const eachTime = "CycleTime";
const wide = { low: -1e12, high: 1e12 };

/** One OPC UA server for the machines of a cell, a folder for each, which lets everybody in whose messages are signed. */
export async function startOpcUaOutlet(options: OpcUaOutletOptions): Promise<OpcUaOutlet> {
  const { clock, log, machines } = options;
  const identity = await ensureIdentity(options.folder, cellName, clock);
  const { server, addressSpace } = await makeServer(identity, { port: options.port, allowAnonymous: true });
  const namespace = addressSpace.registerNamespace(plantUri);
  const variables = new Map<string, Variable>();
  const last = new Map<string, Value>();

  const put = (samples: readonly Sample[]): void => {
    const news = samples.filter(({ machine, metric, value }) => {
      const key = `${machine}/${metric.name}`;
      // A server speaks of what changed; that a value still holds, its keep-alive says.
      const changed = metric.name === eachTime || last.get(key) !== value;
      last.set(key, value);
      return changed;
    });
    options.onSaid(news);
    for (const { machine, metric, value, at } of news) {
      const variable = variables.get(`${machine}/${metric.name}`);
      variable?.setValueFromSource({ dataType: types[metric.wire], value }, StatusCodes.Good, new Date(at));
    }
  };

  const obey = (machine: string, metric: PlantMetric, said: DataValue): StatusCode => {
    const value = said.value.value as number | string | boolean;
    const why = options.onWrite(machine, metric.name, value);
    log.info({ machine, metric: metric.name, value, why }, why === null ? "write obeyed" : "write ignored");
    if (why !== null)
      return why.startsWith("outside") ? StatusCodes.BadOutOfRange : StatusCodes.BadNotWritable;
    put([{ machine, metric, at: clock.now(), value }]);
    return StatusCodes.Good;
  };

  for (const [machine, metrics] of machines) {
    const folder = namespace.addFolder(addressSpace.rootFolder.objects, { browseName: machine });
    for (const metric of metrics) {
      const variable = addVariable(namespace, folder, machine, metric);
      variables.set(`${machine}/${metric.name}`, variable);
      if (metric.writable === null) continue;
      // What the machine refuses must reach the client as a refusal, and not as a value that nobody took.
      Object.assign(variable, {
        writeValue: (_context: unknown, said: DataValue, ...rest: unknown[]) => {
          const status = obey(machine, metric, said);
          const done = rest.at(-1);
          if (typeof done === "function") (done as (error: null, status: StatusCode) => void)(null, status);
          return Promise.resolve(status);
        },
      });
    }
    put(options.present(machine));
  }
  await server.start();
  const url = server.getEndpointUrl();
  log.info({ url, thumbprint: identity.thumbprint }, "the machining cell speaks OPC UA");
  return {
    url,
    put,
    connected: () => server.currentSessionCount > 0,
    stop: () => server.shutdown(0),
  };
}

function addVariable(
  namespace: Namespace,
  folder: ReturnType<Namespace["addFolder"]>,
  machine: string,
  metric: PlantMetric,
): Variable {
  const access = metric.writable === null ? "CurrentRead" : "CurrentRead | CurrentWrite";
  const common = {
    browseName: metric.name,
    displayName: metric.title,
    nodeId: `s=${machine}/${metric.name}`,
    organizedBy: folder,
    dataType: DataType[types[metric.wire]],
    minimumSamplingInterval: 0,
    accessLevel: access,
    userAccessLevel: access,
  };
  if (metric.unit === null || metric.datatype !== "number") return namespace.addVariable(common);
  return namespace.addAnalogDataItem({
    ...common,
    engineeringUnitsRange: { low: metric.low ?? wide.low, high: metric.high ?? wide.high },
    engineeringUnits: {
      namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact",
      unitId: -1,
      displayName: metric.unit,
      description: metric.unit,
    },
  });
}
