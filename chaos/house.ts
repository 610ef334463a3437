import { sql } from "drizzle-orm";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Db, openDb } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import { Random } from "#server/device/simulator/physics/random.ts";
import { addLine, addMachine, setSite } from "#server/execution/plant/plant.commands.ts";
import { type KillableChild, type RunningPlant, startPlant, type Trial } from "#server/launcher/plant.ts";
import { edgeCode } from "#server/launcher/environment.ts";
import { blocksAreStored, blocksOnDisk } from "../e2e/truth-queue.ts";
import { storedOnce } from "../e2e/truth.ts";
import { CountingHouse } from "./counting-house.ts";
import { type Numbers, numbersStored, outsideGaps, type Said } from "./numbers.ts";
import { FaultProxy } from "./tcp-proxy.ts";

export interface HouseOptions {
  readonly seed: number;
  /** Readings a second that its device says. */
  readonly perSecond?: number;
  /** Whether pages are looked at: then they are built first. */
  readonly screens?: boolean;
  /** Leaves its folder, for whoever looks for a fault. */
  readonly keep?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * A house of real processes — database, server, edge — with a device that counts, and a wire that can be made bad
 * between edge and server and between server and database. What it says is compared with what is stored.
 */
export class ChaosHouse extends CountingHouse {
  readonly random: Random;
  readonly folder: string;
  /** The port of the edge's listener for devices; 0 = none yet. */
  device = 0;
  readonly #options: HouseOptions;
  #plant: RunningPlant | null = null;
  #numbers: Numbers | null = null;
  #wires: Partial<Record<"server" | "database", FaultProxy>> = {};
  #db: Db | null = null;
  #owner: Db | null = null;
  #machineId = 0;
  /** Numbers that a fault cost which may cost some: they lie in recorded gaps. */
  readonly #excused = new Set<string>();

  private constructor(options: HouseOptions, folder: string) {
    super();
    this.#options = options;
    this.random = new Random(options.seed);
    this.folder = folder;
  }

  static async open(options: HouseOptions): Promise<ChaosHouse> {
    const house = new ChaosHouse(options, await mkdtemp(join(tmpdir(), "millwright-chaos-")));
    try {
      await house.start();
      await house.#furnish();
    } catch (error) {
      await house.close();
      throw error;
    }
    return house;
  }

  get plant(): RunningPlant {
    return must(this.#plant);
  }
  /** As the server's own role. */
  override get db(): Db {
    return must(this.#db);
  }
  /** As the database's owner, who may end connections. */
  get owner(): Db {
    return must(this.#owner);
  }
  get numbers(): Numbers {
    return must(this.#numbers);
  }
  override get machineId(): number {
    return this.#machineId;
  }
  get seed(): number {
    return this.#options.seed;
  }
  /** The wire from the edge to the server, or from the server to its database. */
  wire(to: "server" | "database"): FaultProxy {
    return must(this.#wires[to]);
  }
  override get deviceUrl(): string {
    return `http://127.0.0.1:${this.device}`;
  }
  get queueFolder(): string {
    return join(this.folder, "edge", "queue");
  }

  /** Starts the processes, in the folder as it is, perhaps with variables of their own. */
  async start(variables?: Trial["variables"]): Promise<void> {
    const { settings } = this.#options;
    const detour = async (to: "server" | "database", port: number): Promise<number> => {
      const proxy = await FaultProxy.open({ clock: this.clock, random: this.random, target: port });
      this.#wires[to] = proxy;
      return proxy.port;
    };
    this.#plant = await startPlant({
      dataDir: this.folder,
      demo: false,
      build: this.#options.screens === true,
      quiet: true,
      // The device knows where its edge is: the same port at each start.
      ports: { device: this.device },
      ...(settings === undefined ? {} : { settings }),
      trial: { detour, ...(variables === undefined ? {} : { variables }) },
    });
    this.device = this.#plant.environment.ports.device;
    // Beside the wires: what looks at the truth is not disturbed itself.
    const { ownerUrl, databaseUrl } = this.#plant;
    const app = new URL(databaseUrl);
    app.port = new URL(ownerUrl).port;
    const common = { max: 2, name: "chaos", statementTimeoutMs: 120_000 };
    this.#db = openDb({ ...common, url: app.href });
    this.#owner = openDb({ ...common, url: ownerUrl });
  }
  /** Stops the processes; what is on disk stays. */
  async stop(): Promise<void> {
    await this.#plant?.stop();
    await Promise.all([this.#db?.$client.end(), this.#owner?.$client.end()]);
    await Promise.all(Object.values(this.#wires).map((wire) => wire.close()));
    this.#wires = {};
    this.#plant = this.#db = this.#owner = null;
  }

  async close(): Promise<void> {
    this.#numbers?.stop();
    await this.stop();
    if (this.#options.keep !== true) await rm(this.folder, { recursive: true, force: true });
  }

  async #furnish(): Promise<void> {
    await this.command(setSite, { name: "Works", timeZone: "Europe/Berlin" });
    const { lineId } = await this.command(addLine, { code: "line-1", name: "Line 1" });
    const machine = { lineId, code: "press-1", name: "Press 1", kind: "press" };
    this.#machineId = (await this.command(addMachine, machine)).machineId;
    this.#numbers = await this.addNumbers(this.#options.perSecond ?? 500);
  }

  /** Kills parts with SIGKILL at once; resolves when they are up again. */
  async kill(...names: readonly KillableChild[]): Promise<void> {
    await Promise.all(names.map((name) => this.plant.kill(name)));
    await this.plant.settled();
  }

  /** Resolves once a reading is stored that was taken after now: the whole way works. @returns ms it took */
  async flows(): Promise<number> {
    const now = this.clock.now();
    const began = this.clock.monotonic();
    await this.until("readings flow", async () => {
      const [row] = await this.db.execute<{ newer: boolean }>(sql`
        select exists (select from ingest_log where max_ts > ${instant(now)} and received_at > ${instant(now)}) as newer`);
      return row?.newer === true;
    });
    return this.clock.monotonic() - began;
  }

  /** Lets the load go on for so long, ms. */
  passes(ms: number): Promise<void> {
    return this.clock.sleep(ms);
  }

  /** Resolves once the device has rested and all it said is stored, or half a minute is over. It goes on then. */
  async delivered(): Promise<void> {
    try {
      await this.#rested("no excuse");
    } finally {
      this.numbers.goOn();
    }
  }

  /** What is stored nowhere, though no earlier fault may have cost it. @returns it, and how much of it has no excuse */
  async #missing(gaps: "no excuse" | "excuse") {
    const { missing, ...said } = await this.compare(this.numbers);
    const fresh = missing.filter(({ number }) => !this.#excused.has(number));
    const lost = gaps === "excuse" ? await outsideGaps(this.db, fresh) : fresh.length;
    return { ...said, missing: fresh, lost };
  }

  async #rested(gaps: "no excuse" | "excuse"): Promise<void> {
    this.numbers.pause();
    await this.until("the edge has stored all the device said", async () => this.numbers.waiting() === 0);
    const whole = async () => (await this.#missing(gaps)).lost === 0;
    await this.until("all it said is stored", whole, 30_000).catch(() => undefined);
  }

  /** Compares what was said with what is stored, of the house's device or another. */
  compare(numbers: Said): ReturnType<typeof numbersStored> {
    return numbersStored(this.db, numbers);
  }

  /**
   * The device rests until all it said is stored, then everything is compared.
   * @param gaps whether readings may be missing that lie inside gaps which the edge recorded
   * @returns how many readings were looked at @throws Error with what is missing, doubled or strange
   */
  async truth(gaps: "no excuse" | "excuse"): Promise<number> {
    const { numbers, db } = this;
    try {
      await this.#rested(gaps);
      const { missing, lost, looked, wrong: unlike } = await this.#missing(gaps);
      const once = await storedOnce(db, numbers.from - 3_600_000);
      const wrong = [...numbers.problems, ...unlike, ...once.wrong];
      if (lost > 0)
        wrong.unshift(
          `missing: ${lost} of ${missing.length} missing numbers lie in no gap, and the edge answered them as stored; ${await this.#whereabouts()}`,
        );
      if (wrong.length > 0) throw new Error(wrong.slice(0, 10).join("; "));
      for (const { number } of missing) this.#excused.add(number);
      return looked;
    } finally {
      numbers.goOn();
    }
  }

  /** Where readings may be that are not stored, for whoever looks for the fault. */
  async #whereabouts(): Promise<string> {
    const letters = await this.db.execute<{ reason: string; n: number }>(
      sql`select reason, count(*)::int as n from dead_letter group by 1`,
    );
    const blocks = await blocksOnDisk(this.queueFolder);
    const { waiting } = await blocksAreStored(this.db, blocks, { edge: edgeCode, since: this.numbers.from });
    const dead = letters.map(({ reason, n }) => `${n} dead letters (${reason})`);
    return [`${waiting} wait on the edge's disk`, ...dead].join(", ");
  }
}

function must<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("the house is not open");
  return value;
}
