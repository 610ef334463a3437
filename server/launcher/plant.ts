import { join } from "node:path";
import { type Config, parseConfig } from "#server/core/config.ts";
import { type BackupKeeper, keepBackups } from "./backup-keeper.ts";
import { ensureCertificate, spkiHash } from "./certificates.ts";
import { checkSpace, checkWritable, steadyPort } from "./checks.ts";
import { builtFrom, buildScreens, isBuilt } from "./build.ts";
import { checkReachable, databaseName, prepareDatabase, wipeDemo } from "./database.ts";
import { demoIsSeeded, markSeeded, seededSpeed } from "./database-purpose.ts";
import { type Doorkeys, ensureDoorkeys } from "./doorkeys.ts";
import type { EnvironmentInput } from "./environment.ts";
import { emptyHouse, type Folders, foldersOf, makeFolders } from "./folders.ts";
import { lockInstance } from "./instance-lock.ts";
import { ChildRegister, stopOrphans } from "./orphans.ts";
import { runOnce } from "./once.ts";
import { edgePart, plantPart, postgresPart, serverPart, webPart } from "./parts.ts";
import { choosePorts } from "./ports.ts";
import { prepareCluster } from "./postgres.ts";
import { Problem } from "./problem.ts";
import { silentTerminal, type Terminal, terminal } from "./progress.ts";
import { ensureSecrets } from "./secrets.ts";
import type { ChildSpec } from "./supervised-child.ts";
import { Supervisor } from "./supervisor.ts";

export type KillableChild = "server" | "edge" | "postgres" | "web" | "plant";

export interface PlantOptions {
  /** Folder of this plant; absolute, or relative to the clone. */
  readonly dataDir: string;
  /** 0 (the default) takes a free one. */
  readonly ports?: Partial<Record<"http" | "https" | "mqtt" | "device" | "opcUa", number>>;
  readonly demo?: boolean;
  readonly speed?: number;
  /** false = the screens were built already, or are not looked at. */
  readonly build?: boolean;
  readonly quiet?: boolean;
  /** File in which the simulated plant writes down all it sent. */
  readonly plantLog?: string;
  /** Further settings as in the README's table (HOSTS, ROLES, DATABASE_URL, LOG_LEVEL …). */
  readonly settings?: Readonly<Record<string, string>>;
  readonly trial?: Trial;
}

/** What a test puts between the parts, or tells one of them alone. */
export interface Trial {
  /** The way of the edge to the server, or of the server to its database. @returns the loopback port to use instead */
  readonly detour?: (to: "server" | "database", port: number) => Promise<number>;
  /** Variables of one part's environment, e.g. a clock that is wrong. */
  readonly variables?: EnvironmentInput["variables"];
}

export interface RunningPlant {
  readonly config: Config;
  readonly urls: { readonly http: string; readonly https: string; readonly control: string };
  /** As role `app`, and as owner (for what a test must look at). */
  readonly databaseUrl: string;
  readonly ownerUrl: string;
  readonly folders: Folders;
  /** For Chromium's --ignore-certificate-errors-spki-list. */
  readonly spkiHash: string;
  /** With what one comes in: links of the demo's stations, or the first administrator of an empty house. */
  readonly doorkeys: Doorkeys;
  /** What children and one-off scripts are started with. */
  readonly environment: EnvironmentInput;
  pids(): Readonly<Partial<Record<KillableChild, number>>>;
  /** Kills one child with SIGKILL; the supervisor brings it back. Resolves when the old process is gone. */
  kill(name: KillableChild): Promise<void>;
  /** Resolves once every child is up again. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** A whole plant with real processes, as `npm start` makes it: for tests and benches. */
export async function startPlant(options: PlantOptions): Promise<RunningPlant> {
  const { ports = {}, demo = true, speed } = options;
  const config = parseConfig({
    LOG_LEVEL: "warn",
    ...options.settings,
    DATA_DIR: options.dataDir,
    PORT: String(ports.http ?? 0),
    HTTPS_PORT: String(ports.https ?? 0),
    MQTT_PORT: String(ports.mqtt ?? 0),
    DEVICE_PORT: String(ports.device ?? 0),
    OPCUA_PORT: String(ports.opcUa ?? 0),
    DEMO: demo ? "1" : "0",
    ...(speed === undefined ? {} : { DEMO_SPEED: String(speed) }),
  });
  const out = options.quiet === true ? silentTerminal : terminal();
  const { build = true, plantLog = null, trial = {} } = options;
  return new Launcher({ config, build, plantLog, trial, dev: false, terminal: out }).start();
}

export interface LaunchOptions {
  readonly config: Config;
  readonly build: boolean;
  /** `next dev` behind the same door. */
  readonly dev: boolean;
  /** Throws the demo away first. */
  readonly fresh?: boolean;
  readonly plantLog?: string | null;
  readonly trial?: Trial;
  readonly terminal: Terminal;
}

/** One start of a plant, from the checks to the last part; can be stopped at any moment of it. */
export class Launcher {
  readonly #options: LaunchOptions;
  readonly #folders: Folders;
  readonly #undo: (() => Promise<void>)[] = [];
  #supervisor: Supervisor | null = null;
  #keeper: BackupKeeper | null = null;
  #stopping = false;
  #stopped: Promise<void> | null = null;

  constructor(options: LaunchOptions) {
    this.#options = options;
    this.#folders = foldersOf(options.config.DATA_DIR, options.config.DEMO);
  }

  /** @throws Problem for what a person can mend */
  async start(): Promise<RunningPlant> {
    try {
      return await this.#start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops every part in reverse order; also in the middle of a start. */
  stop(): Promise<void> {
    this.#stopping = true;
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Kills what still runs, now. */
  stopNow(): void {
    this.#supervisor?.stopNow();
  }

  async #stopAll(): Promise<void> {
    await this.#keeper?.stop();
    await this.#supervisor?.stop();
    for (const undo of this.#undo.toReversed()) await undo();
  }

  #unlessStopping(): void {
    if (this.#stopping) throw new Problem("Stopped.");
  }

  async #start(): Promise<RunningPlant> {
    const { config, terminal: out } = this.#options;
    const folders = this.#folders;
    await checkWritable(config.DATA_DIR);
    await checkSpace(config.DATA_DIR);
    await makeFolders(folders);
    const lock = await lockInstance(folders.house, `http://localhost:${config.PORT}`);
    this.#undo.push(() => lock.release());
    const left = await stopOrphans(folders.house);
    if (left.length > 0) out.say(`  Stopped what an earlier start left behind: ${left.join(", ")}`);
    const ports = await choosePorts(config, folders);
    const { packerToken } = await ensureSecrets(folders);
    const certificate = await ensureCertificate(folders.certificates, config);
    this.#unlessStopping();
    await this.#build();

    const register = new ChildRegister(folders.house);
    const say = (line: string) => out.say(`  ! ${line}`);
    const supervisor = new Supervisor({ logFolder: folders.logs, register, say });
    this.#supervisor = supervisor;
    this.#unlessStopping();
    const database = await this.#database(supervisor);
    this.#unlessStopping();
    const speed = config.DEMO
      ? ((await seededSpeed(database.owner)) ?? config.DEMO_SPEED)
      : config.DEMO_SPEED;
    if (speed !== config.DEMO_SPEED)
      out.say(
        `  This demo was seeded at speed ${speed}; for DEMO_SPEED=${config.DEMO_SPEED} start with --fresh`,
      );
    const { detour, variables = {} } = this.#options.trial ?? {};
    const databaseUrl = new URL(database.app);
    if (detour !== undefined) databaseUrl.port = String(await detour("database", Number(databaseUrl.port)));
    const serverPort = (await detour?.("server", ports.http)) ?? ports.http;
    const input: EnvironmentInput = {
      config: { ...config, DEMO_SPEED: speed },
      folders,
      ports,
      serverUrl: `http://127.0.0.1:${serverPort}`,
      variables,
      databaseUrl: databaseUrl.href,
      ownerUrl: database.owner,
      certificate,
      packerToken,
      plantLog: this.#options.plantLog ?? null,
      buildId: this.#options.dev ? "dev" : ((await builtFrom())?.slice(0, 16) ?? "unbuilt"),
      dev: this.#options.dev,
    };
    if (config.DEMO) await this.#seed(input, register);
    const doorkeys = await ensureDoorkeys(input);
    await this.#parts(supervisor, input);
    this.#unlessStopping();
    if (config.roles.has("runner")) this.#keeper = keepBackups(input, register, say);
    return {
      config: input.config,
      urls: {
        http: `http://localhost:${ports.http}`,
        https: `https://localhost:${ports.https}`,
        control: `http://127.0.0.1:${ports.plantControl}`,
      },
      databaseUrl: database.app,
      ownerUrl: database.owner,
      folders,
      spkiHash: await spkiHash(certificate.cert),
      doorkeys,
      environment: input,
      pids: () => supervisor.pids(),
      kill: (name) => supervisor.kill(name),
      settled: () => supervisor.settled(),
      stop: () => this.stop(),
    };
  }

  async #build(): Promise<void> {
    if (!this.#options.build || this.#options.dev || (await isBuilt())) return;
    const step = this.#options.terminal.step("Building the screens");
    await buildScreens(step);
    step.done();
  }

  async #database(supervisor: Supervisor) {
    const { config, terminal: out, fresh = false } = this.#options;
    const step = out.step("Starting the database");
    try {
      let ownerUrl = config.DATABASE_URL;
      if (ownerUrl !== undefined) await checkReachable(ownerUrl);
      else {
        const cluster = await prepareCluster({ dir: this.#folders.database });
        if (cluster.stoppedOrphan !== null)
          out.say(`  Stopped the database of an earlier start (process ${cluster.stoppedOrphan})`);
        step.update(1, 3);
        this.#unlessStopping();
        const port = await steadyPort(this.#folders.database);
        await supervisor.start(postgresPart(cluster, port));
        ownerUrl = cluster.url(port, databaseName(config.DEMO));
      }
      // A seeding that was broken off is begun again, on an empty database and with empty queues.
      if (config.DEMO && (fresh || !(await demoIsSeeded(ownerUrl)))) {
        await wipeDemo(ownerUrl, config.DATABASE_URL === undefined);
        await emptyHouse(this.#folders);
      }
      step.update(2, 3, "migrations");
      const database = await prepareDatabase({
        ownerUrl,
        appPasswordFile: join(this.#folders.secrets, "app-password"),
        demo: config.DEMO,
        speed: config.DEMO_SPEED,
        embedded: config.DATABASE_URL === undefined,
      });
      const ran = database.migrations.length;
      step.done(ran === 0 ? "" : `${ran} ${ran === 1 ? "migration" : "migrations"}`);
      return database;
    } catch (error) {
      step.failed();
      throw error;
    }
  }

  async #seed(input: EnvironmentInput, register: ChildRegister): Promise<void> {
    if (await demoIsSeeded(input.ownerUrl)) return;
    const step = this.#options.terminal.step("Setting up the demo plant");
    try {
      const progress = (p: { done: number; total: number; detail?: string }) =>
        step.update(p.done, p.total, p.detail);
      await runOnce("server/demo/seed-main.ts", input, { register, progress });
      await markSeeded(input.ownerUrl);
      step.done();
    } catch (error) {
      step.failed();
      throw error;
    }
  }

  async #parts(supervisor: Supervisor, input: EnvironmentInput): Promise<void> {
    this.#unlessStopping();
    const step = this.#options.terminal.step("Starting the plant's parts");
    try {
      await supervisor.start(...(await partsOf(input)));
      step.done();
    } catch (error) {
      step.failed();
      throw error instanceof Error && error.name === "ChildFailed" ? new Problem(error.message) : error;
    }
  }
}

/**
 * A process that runs only some of the server's roles has an edge and screens elsewhere; a test that looks at no
 * screen may leave them unbuilt. All start at once: each knocks until the one it needs is there.
 */
async function partsOf(input: EnvironmentInput): Promise<ChildSpec[]> {
  const { roles } = input.config;
  return [
    serverPart(input),
    ...(roles.has("ingest") && roles.has("door") ? [edgePart(input)] : []),
    ...(roles.has("door") && (input.dev || (await builtFrom()) !== null) ? [webPart(input)] : []),
    ...(input.config.DEMO ? [plantPart(input)] : []),
  ];
}
