import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#server/core/clock.ts";
import { ensureIdentity } from "#server/device/opcua/identity.ts";
import { makeServer } from "#server/device/simulator/opcua-server.ts";
import { DataType, StatusCodes } from "node-opcua-client";

export interface Mill {
  readonly url: string;
  /** Of its certificate, SHA-1, as its panel would show it. */
  readonly thumbprint: string;
  set(state: number): void;
  make(good: number, bad: number): void;
  end(): Promise<void>;
}

const types = { State: "Int32", GoodParts: "UInt32", RejectParts: "UInt32", Diameter: "Double" } as const;

/** A milling machine with an OPC UA server of its own and a certificate that nobody has seen yet. */
export async function startMill(): Promise<Mill> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-mill-"));
  const identity = await ensureIdentity(folder, "mill-5", systemClock);
  const { server, addressSpace } = await makeServer(identity, { port: 0, allowAnonymous: true });
  const namespace = addressSpace.registerNamespace("urn:test:mill");
  const machine = namespace.addFolder(addressSpace.rootFolder.objects, { browseName: "mill5" });
  const variables = Object.entries(types).map(([browseName, dataType]) => {
    const nodeId = `s=mill5/${browseName}`;
    const access = { accessLevel: "CurrentRead", userAccessLevel: "CurrentRead" };
    const common = { browseName, nodeId, organizedBy: machine, dataType, minimumSamplingInterval: 0 };
    return [browseName, namespace.addVariable({ ...common, ...access })] as const;
  });
  const known = new Map(variables);
  const now = { State: 0, GoodParts: 0, RejectParts: 0, Diameter: 23.987 };
  const say = (name: keyof typeof types) =>
    known
      .get(name)
      ?.setValueFromSource(
        { dataType: DataType[types[name]], value: now[name] },
        StatusCodes.Good,
        new Date(),
      );
  for (const name of ["State", "GoodParts", "RejectParts", "Diameter"] as const) say(name);
  await server.start();
  return {
    url: server.getEndpointUrl(),
    thumbprint: identity.thumbprint,
    set(state) {
      now.State = state;
      say("State");
    },
    make(good, bad) {
      now.GoodParts += good;
      now.RejectParts += bad;
      say("GoodParts");
      say("RejectParts");
    },
    async end() {
      await server.shutdown(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
