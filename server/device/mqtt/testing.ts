import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { systemClock } from "#server/core/clock.ts";

/** A real broker that can be brought down and up again on the same port. */
export interface TestBroker {
  readonly url: string;
  up(): Promise<void>;
  down(): Promise<void>;
  /** Down for good, with what it left on the disk. */
  close(): Promise<void>;
}

/** In process. `change` sets its doors (login, rights) each time it comes up. */
export class AedesBroker implements TestBroker {
  readonly #change: (aedes: Aedes) => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  aedes: Aedes | null = null;
  #port = 0;

  constructor(change: (aedes: Aedes) => void = () => {}) {
    this.#change = change;
  }

  async up(): Promise<void> {
    const aedes = await Aedes.createBroker();
    this.#change(aedes);
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = portOf(server);
    this.#server = server;
    this.aedes = aedes;
  }

  async down(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    await new Promise<void>((resolve) => (this.aedes ? this.aedes.close(() => resolve()) : resolve()));
    this.aedes = null;
  }

  close(): Promise<void> {
    return this.down();
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }
}

const paths = [
  "mosquitto",
  "/usr/sbin/mosquitto",
  "/usr/local/sbin/mosquitto",
  "/opt/homebrew/sbin/mosquitto",
];
/** Where Mosquitto is on this machine; null = the tests with it are skipped. */
export const mosquitto = paths.find((path) => spawnSync(path, ["-h"]).error === undefined) ?? null;

/** A Mosquitto of its own process; `lines` are added to its config, `files` (name → text) stand beside it. */
export class MosquittoBroker implements TestBroker {
  readonly #folder = mkdtempSync(join(tmpdir(), "millwright-mosquitto-"));
  readonly #lines: readonly string[];
  #port = 0;
  #process: ChildProcess | null = null;

  constructor(
    lines: readonly string[] = ["allow_anonymous true"],
    files: Readonly<Record<string, string>> = {},
  ) {
    this.#lines = lines;
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.#folder, name), text, { mode: 0o644 });
    }
  }

  async up(): Promise<void> {
    if (mosquitto === null) throw new Error("there is no mosquitto on this machine");
    if (this.#port === 0) this.#port = await freePort();
    const config = join(this.#folder, "mosquitto.conf");
    const lines = this.#lines.map((line) => line.replaceAll("FOLDER", this.#folder));
    // As root it would become another user and not see its files. Its limits are for publishers that wait for
    // acknowledgements, which the one of the tests does not.
    const usual = ["user root", "max_inflight_messages 0", "max_queued_messages 0"];
    writeFileSync(config, [`listener ${this.#port} 127.0.0.1`, ...usual, ...lines, ""].join("\n"));
    this.#process = spawn(mosquitto, ["-c", config], { stdio: "ignore" });
    await listening(this.#port);
  }

  async down(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null || running.exitCode !== null) return;
    const gone = once(running, "exit");
    running.kill("SIGTERM");
    await gone;
  }

  /** Ends it with SIGKILL: nobody is told. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null) return;
    const gone = once(running, "exit");
    running.kill("SIGKILL");
    await gone;
  }

  async close(): Promise<void> {
    await this.down();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves when somebody listens there; vitest's own deadline ends a wait that is in vain. */
async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const there = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (there) return;
    await systemClock.sleep(10);
  }
}
