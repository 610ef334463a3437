import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OPCUAServer } from "node-opcua-server";
import { ensureIdentity, type Identity } from "#server/device/opcua/identity.ts";
import type { PlantLogEntry } from "#server/device/simulator/faults.contract.ts";
import type { Variable } from "#server/device/simulator/opcua-server.ts";
import { saidIsStored } from "../../e2e/truth.ts";
import type { Fault } from "../fault.ts";
import type { ChaosHouse } from "../house.ts";

const uri = "urn:works:cnc";
const metric = "press-1/OpcUaCount";
const beatMs = 50;

/** A machine with an OPC UA server that counts, signed and encrypted. */
class Machine {
  readonly said: PlantLogEntry[] = [];
  port = 0;
  count = 0;
  readonly #house: ChaosHouse;
  readonly #folder: string;
  #server: OPCUAServer | null = null;
  #variable: Variable | null = null;
  #set: (variable: Variable, value: number, at: number) => void = () => undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(house: ChaosHouse, folder: string) {
    this.#house = house;
    this.#folder = folder;
    this.#timer = setInterval(() => this.#beat(), beatMs);
  }

  identity(name: string): Promise<Identity> {
    return ensureIdentity(join(this.#folder, name), name, this.#house.clock);
  }

  async up(certificate: string): Promise<void> {
    // Heavy, and noisy when it is loaded: only who plays this fault waits for it.
    const { makeServer } = await import("#server/device/simulator/opcua-server.ts");
    const { DataType, StatusCodes } = await import("node-opcua-client");
    this.#set = (variable, value, at) =>
      variable.setValueFromSource({ dataType: DataType.Double, value }, StatusCodes.Good, new Date(at));
    const { server, addressSpace } = await makeServer(await this.identity(certificate), {
      port: this.port,
      allowAnonymous: true,
    });
    this.#variable = addressSpace.registerNamespace(uri).addVariable({
      browseName: "Count",
      nodeId: "s=Count",
      organizedBy: addressSpace.rootFolder.objects,
      dataType: "Double",
      minimumSamplingInterval: 0,
    });
    await server.start();
    this.#server = server;
    this.port = Number(new URL(server.getEndpointUrl() ?? "").port);
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = this.#variable = null;
    await server?.shutdown(0);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.down();
  }

  #beat(): void {
    if (this.#variable === null) return;
    const at = this.#house.clock.now();
    const value = ++this.count;
    this.#set(this.#variable, value, at);
    this.said.push({ n: value, source: "cnc", metric, at, value, historical: false });
  }
}

export const opcua: readonly Fault[] = [
  {
    id: "F35",
    title:
      "An OPC UA server restarts and comes back with another certificate: heard again, and not before a person trusts it",
    run: async (house) => {
      const folder = await mkdtemp(join(tmpdir(), "millwright-opcua-"));
      const machine = new Machine(house, folder);
      const counts = async (): Promise<void> => {
        const now = machine.count;
        await house.until("the machine is heard", async () => (await house.newest(metric)) > now);
      };
      try {
        await machine.up("first");
        const config = async (certificate: string) => ({
          url: `opc.tcp://127.0.0.1:${machine.port}`,
          security: { mode: "signAndEncrypt" },
          trusted: [(await machine.identity(certificate)).thumbprint],
          nodes: [{ metric, node: `nsu=${uri};s=Count`, sampleMs: 0, queue: 1000 }],
        });
        const { sourceId } = await house.addSource("cnc", "opcua", await config("first"));
        await house.addTag(sourceId, metric);
        await counts();
        const from = house.clock.now();
        await machine.down();
        await house.passes(2000);
        await machine.up("first");
        await counts();
        await machine.down();
        await machine.up("second");
        const known = await house.newest(metric);
        await house.passes(8000);
        if ((await house.newest(metric)) > known + 40)
          throw new Error("a certificate that nobody trusts was believed");
        await house.changeSource(sourceId, await config("second"));
        await counts();
        const to = house.clock.now() - 2000;
        await house.flows();
        const { wrong, looked } = await saidIsStored(house.db, machine.said, { from, to });
        if (wrong.length > 0) throw new Error(wrong.slice(0, 5).join("; "));
        if (looked < 50) throw new Error(`only ${looked} numbers were looked at`);
      } finally {
        await machine.end();
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
];
