import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { systemClock } from "#server/core/clock.ts";
import { childEnvironment, type ChildName, type EnvironmentInput } from "./environment.ts";
import { projectRoot } from "./folders.ts";
import { clearTheWay } from "./postmaster.ts";
import { type PreparedCluster, untilReady } from "./postgres.ts";
import { type ChildSpec, leash, nodeArguments } from "./supervised-child.ts";

/** A process gets what it needs of our environment, and no setting that was meant for another part. */
const inherited =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TZ|TMPDIR|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|SYSTEMROOT)$/i;

export function baseEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => inherited.test(name)));
}

const environment = (name: ChildName, input: EnvironmentInput) => ({
  ...baseEnvironment(),
  ...childEnvironment(name, input),
  ...input.variables[name],
});

/** Asks every 50 ms until it holds, the process is gone, or the time is over. */
async function until(holds: () => Promise<boolean>, gone: () => boolean, ms: number): Promise<boolean> {
  const end = systemClock.monotonic() + ms;
  while (!gone() && systemClock.monotonic() < end) {
    if (await holds()) return true;
    await systemClock.sleep(50);
  }
  return false;
}

/** Whether something listens on the loopback port. */
function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      done(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

/** Whether an HTTP server answers there at all, with whatever status. */
function answers(port: number, path: string): Promise<boolean> {
  return new Promise((done) => {
    const asked = request({ port, host: "127.0.0.1", path, timeout: 5000 }, (response) => {
      response.resume();
      done(true);
    });
    asked.once("error", () => done(false));
    asked.once("timeout", () => {
      asked.destroy();
      done(false);
    });
    asked.end();
  });
}

export function postgresPart(cluster: PreparedCluster, port: number): ChildSpec {
  return {
    name: "postgres",
    command: cluster.command,
    args: cluster.arguments(port),
    env: { ...baseEnvironment(), NODE_OPTIONS: undefined, LC_ALL: "C" },
    user: cluster.user,
    follows: false,
    // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
    stopSignal: "SIGINT",
    hardSignal: "SIGQUIT",
    prepare: async () => void (await clearTheWay(cluster.dataDir)),
    // Recovery after a crash may take its time.
    ready: (pid, gone) => untilReady(cluster.dataDir, pid, gone, 600_000),
  };
}

const script = (name: ChildName, path: string, input: EnvironmentInput) => ({
  name,
  command: process.execPath,
  args: nodeArguments(path),
  env: environment(name, input),
  follows: true,
  stopSignal: "SIGTERM" as const,
});

export function serverPart(input: EnvironmentInput): ChildSpec {
  return {
    ...script("server", "server/main.ts", input),
    ready: input.config.roles.has("door")
      ? (_pid, gone) => until(() => answers(input.ports.http, "/healthz"), gone, 180_000)
      : async (_pid, gone) => !gone(),
  };
}

export function edgePart(input: EnvironmentInput): ChildSpec {
  const port = input.config.MQTT_URL === undefined ? input.ports.mqtt : input.ports.device;
  return {
    ...script("edge", "server/edge/main.ts", input),
    ready: (_pid, gone) => until(() => accepts(port), gone, 180_000),
  };
}

export function plantPart(input: EnvironmentInput): ChildSpec {
  return {
    ...script("plant", "server/device/simulator/main.ts", input),
    ready: (_pid, gone) => until(() => accepts(input.ports.plantControl), gone, 180_000),
  };
}

export function webPart(input: EnvironmentInput): ChildSpec {
  const { web } = input.ports;
  const next = join(projectRoot, "node_modules/next/dist/bin/next");
  return {
    name: "web",
    command: process.execPath,
    args: ["--import", leash, next, input.dev ? "dev" : "start", "-H", "127.0.0.1", "-p", String(web)],
    env: environment("web", input),
    follows: true,
    stopSignal: "SIGTERM",
    onTerminal: input.dev,
    ready: (_pid, gone) => until(() => accepts(web), gone, 180_000),
  };
}
