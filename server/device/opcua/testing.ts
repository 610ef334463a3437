import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataType, type StatusCode, StatusCodes } from "node-opcua-client";
import type { OPCUAServer, OPCUAServerOptions } from "node-opcua-server";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { RecordingSink } from "../driver-contract.ts";
import { EdgeFiles } from "../edge-files.ts";
import type { Driver } from "../driver.contract.ts";
import { makeServer, type Namespace, type Variable } from "../simulator/opcua-server.ts";
import { createOpcUaDriver } from "./driver.ts";
import { ensureIdentity, type Identity } from "./identity.ts";
import type { OpcUaConfigInput } from "./opcua.contract.ts";

export const machineUri = "urn:test:machine";
export const node = (name: string): string => `nsu=${machineUri};s=${name}`;

let folder: Promise<string> | null = null;
/** One for all tests of a file; gone when it ends. */
export function testFolder(): Promise<string> {
  folder ??= mkdtemp(join(tmpdir(), "millwright-opcua-")).then((made) => {
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    return made;
  });
  return folder;
}

/** The certificate of the machines in a test file: keys are slow to make. */
export async function machineIdentity(): Promise<Identity> {
  return ensureIdentity(join(await testFolder(), "machine"), "test-machine", systemClock);
}

interface MachineOptions {
  /** Registered before the machine's own, so that its namespace has another index. */
  readonly namespacesBefore?: readonly string[];
  readonly server?: OPCUAServerOptions;
  readonly build: (namespace: Namespace, machine: TestMachine) => void;
}

/** An OPC UA server as a machine has one, behind a wire that can be cut. */
export class TestMachine {
  #options: MachineOptions;
  readonly wire = new Wire();
  /** What was written to variables or given to methods. */
  readonly written: { metric: string; value: unknown }[] = [];
  readonly variables = new Map<string, Variable>();
  server: OPCUAServer | null = null;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  get url(): string {
    return `opc.tcp://127.0.0.1:${this.wire.port}`;
  }

  async up(options: Partial<MachineOptions> = {}): Promise<void> {
    if (this.server !== null) return;
    this.#options = { ...this.#options, ...options };
    const { server, addressSpace } = await makeServer(await machineIdentity(), {
      port: 0,
      allowAnonymous: true,
      ...this.#options.server,
    });
    for (const uri of this.#options.namespacesBefore ?? []) addressSpace.registerNamespace(uri);
    this.variables.clear();
    this.#options.build(addressSpace.registerNamespace(machineUri), this);
    await server.start();
    this.server = server;
    this.wire.target = Number(new URL(server.getEndpointUrl() ?? "").port);
    await this.wire.up();
  }

  async down(): Promise<void> {
    const { server } = this;
    this.server = null;
    await this.wire.down();
    await server?.shutdown(0);
  }

  variable(name: string): Variable {
    const variable = this.variables.get(name);
    if (variable === undefined) throw new Error(`the machine has no ${name}`);
    return variable;
  }

  /** Adds a variable with the string identifier of its name. */
  add(
    namespace: Pick<Namespace, "addVariable" | "addressSpace">,
    name: string,
    dataType: string,
    more: object = {},
  ): Variable {
    const variable = namespace.addVariable({
      browseName: name.split("/").at(-1) ?? name,
      nodeId: `s=${name}`,
      organizedBy: namespace.addressSpace.rootFolder.objects,
      dataType,
      minimumSamplingInterval: 0,
      accessLevel: "CurrentRead",
      userAccessLevel: "CurrentRead",
      ...more,
    });
    this.variables.set(name, variable);
    return variable;
  }

  /** One that takes what a client writes, and says it as its own value from then on. */
  addSetpoint(namespace: Namespace, name: string, dataType: string, more: object = {}): Variable {
    const access = {
      accessLevel: "CurrentRead | CurrentWrite",
      userAccessLevel: "CurrentRead | CurrentWrite",
    };
    const variable = this.add(namespace, name, dataType, { ...access, ...more });
    // `value_changed` would also tell what the machine itself sets.
    const write = variable.writeValue.bind(variable);
    Object.assign(variable, {
      writeValue: (...args: Parameters<typeof write>) => {
        this.written.push({ metric: name, value: args[1].value.value as unknown });
        return write(...args);
      },
    });
    return variable;
  }

  set(
    name: string,
    type: DataType,
    value: unknown,
    at = Date.now(),
    status: StatusCode = StatusCodes.Good,
  ): void {
    // oxlint-disable-line max-params
    this.variable(name).setValueFromSource({ dataType: type, value }, status, new Date(at));
  }
}

/** A TCP wire to the machine. */
export class Wire {
  target = 0;
  port = 0;
  /** Bytes from the machine vanish while it is true. */
  swallows = false;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();

  async up(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer((near) => this.#connected(near));
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, "close");
    server.close();
    this.cut();
    await closed;
  }

  /** Breaks every connection as a switch without power does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  #connected(near: Socket): void {
    const far = connect({ port: this.target, host: "127.0.0.1" });
    const pair = [near, far] as const;
    for (const [from, to] of [pair, pair.toReversed() as [Socket, Socket]] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => {});
      from.on("data", (bytes) => void ((this.swallows && from === far) || to.write(bytes)));
      from.once("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

const closers: (() => Promise<void>)[] = [];

/** For `afterEach`. */
export async function stopAll(): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close();
}

/** Fast enough for a test, and every change is kept. */
const quick = {
  publishMs: 30,
  sampleMs: 0,
  aliveMs: 1000,
  keepMs: 20_000,
  timeoutMs: 2000,
  refusedRetryMs: 200,
};

/** Where the driver finds the files that its config names. */
export const edgeFiles = mkdtempSync(join(tmpdir(), "millwright-opcua-files-"));
process.once("exit", () => rmSync(edgeFiles, { recursive: true, force: true }));

export async function driverFor(url: string, config: Partial<OpcUaConfigInput>): Promise<Driver> {
  return createOpcUaDriver({
    source: "machine",
    config: { url, ...quick, ...config },
    folder: join(await testFolder(), "edge"),
    hostId: "edge-1",
    files: new EdgeFiles(edgeFiles),
    clock: systemClock,
    log: silentLogger,
  });
}

/** A started driver for a machine that is there. */
export async function started(
  machine: TestMachine,
  config: Partial<OpcUaConfigInput>,
): Promise<{ driver: Driver; sink: RecordingSink }> {
  await machine.up();
  const driver = await driverFor(machine.url, config);
  const sink = new RecordingSink();
  closers.push(
    () => machine.down(),
    () => driver.stop(),
  );
  await driver.start(sink, new AbortController().signal);
  return { driver, sink };
}

/** As {@link started}, with the first word of each node heard. */
export async function watching(
  machine: TestMachine,
  config: Partial<OpcUaConfigInput>,
): Promise<{ driver: Driver; sink: RecordingSink }> {
  const both = await started(machine, config);
  const metrics = config.nodes?.map(({ metric }) => metric) ?? [];
  await both.sink.until(() => metrics.every((metric) => both.sink.stored.some((r) => r.metric === metric)));
  return both;
}

/** For `beforeAll`: loading the library and making keys takes seconds, which belong to no test. */
export async function warmUp(): Promise<void> {
  await machineIdentity();
  await ensureIdentity(join(await testFolder(), "edge"), "edge-1", systemClock);
  await import("./source.ts");
}
/** How long that may take, ms. */
export const warmUpMs = 60_000;

export const values = (sink: RecordingSink, metric: string) => sink.said(metric).map(([, value]) => value);
export const sentences = (sink: RecordingSink, kind: "unreadable" | "death" | "gap") =>
  sink.events.flatMap((event) => (event.kind === kind ? [event.reason] : []));
export { DataType, StatusCodes };
