import { access } from "node:fs/promises";
import { join } from "node:path";
import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { type Db, openDb } from "#db/client.ts";
import { backupRun } from "#db/schema/core/house.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { Bell } from "#server/core/bell.ts";
import { type Clock, systemClock } from "#server/core/clock.ts";
import {
  backupChannel,
  endBackup,
  loseBackup,
  startBackup,
} from "#server/execution/house/backup.commands.ts";
import type { EnvironmentInput } from "./environment.ts";
import { runOnce } from "./once.ts";
import type { ChildRegister } from "./orphans.ts";

const actor = serviceActor("launcher");

export interface KeeperOptions {
  /** As role `app`. */
  readonly databaseUrl: string;
  /** Makes the backup of this run, in a process that says itself how it went; ends early when told to. */
  make(runId: string, signal: AbortSignal): Promise<void>;
  say(line: string): void;
  readonly clock?: Clock;
  /** How often requests are looked for without being rung for, ms. */
  readonly everyMs?: number;
}

/**
 * Makes the backups that the server asks for. The server works as a role that may not read everything, and knows no
 * owner; so it writes down that it wants one, and the launcher, which started the database, makes it.
 */
export class BackupKeeper {
  readonly #options: KeeperOptions;
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  readonly #bell = new Bell();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#db = openDb({ url: options.databaseUrl, max: 1, name: "backup-keeper" });
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Breaks off what is being made: it is told as broken off at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#bell.ring();
    await this.#loop;
    await this.#db.$client.end({ timeout: 1 });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { everyMs = 5000 } = this.#options;
    const ring = () => this.#bell.ring();
    // Lost rings are made up for by looking.
    const listening = this.#db.$client.listen(backupChannel, ring, ring).catch(() => null);
    while (!signal.aborted) {
      try {
        await this.#round();
      } catch {
        // The database is away: whoever asked is still written down when it is back.
      }
      await this.#bell.wait(this.#clock, everyMs, signal);
    }
    await (await listening)?.unlisten().catch(() => {});
  }

  async #round(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#breakOff();
    await this.#lookAfter();
    const [asked] = await this.#db
      .select({ id: backupRun.id })
      .from(backupRun)
      .where(eq(backupRun.state, "asked"));
    if (asked === undefined || signal.aborted) return;
    const deps = { db: this.#db, clock: this.#clock };
    const { taken } = await startBackup.execute(deps, actor, crypto.randomUUID(), { runId: asked.id });
    if (!taken) return;
    try {
      await this.#options.make(asked.id, signal);
    } catch (error) {
      if (!signal.aborted) this.#options.say(`The backup could not be made: ${(error as Error).message}`);
    }
    if (!signal.aborted) await this.#breakOff();
  }

  /** Runs that say "running" while nobody runs them: their process died, or the whole plant did. */
  async #breakOff(): Promise<void> {
    const left = await this.#db
      .select({ id: backupRun.id })
      .from(backupRun)
      .where(eq(backupRun.state, "running"));
    for (const { id } of left)
      await endBackup.execute({ db: this.#db, clock: this.#clock }, actor, crypto.randomUUID(), {
        runId: id,
        state: "failed",
        folder: null,
        problem: "broken_off",
        detail: "the process that made it ended before it was done",
      });
  }

  /** Good ones whose folder is gone count no longer. */
  async #lookAfter(): Promise<void> {
    const newest = sql`select id from backup_run where state = 'good' and gone_at is null order by asked_at desc limit 20`;
    const good = await this.#db
      .select({ id: backupRun.id, folder: backupRun.folder })
      .from(backupRun)
      .where(
        and(eq(backupRun.state, "good"), isNull(backupRun.goneAt), inArray(backupRun.id, sql`(${newest})`)),
      );
    for (const { id, folder } of good) {
      if (await isThere(join(folder ?? "", "manifest.json"))) continue;
      await loseBackup.execute({ db: this.#db, clock: this.#clock }, actor, crypto.randomUUID(), {
        runId: id,
      });
    }
  }
}

/** Makes backups beside the plant's parts, each in a process of its own. */
export function keepBackups(
  input: EnvironmentInput,
  register: ChildRegister,
  say: (line: string) => void,
): BackupKeeper {
  const make = (runId: string, signal: AbortSignal) =>
    runOnce("server/launcher/keep-backup-main.ts", input, {
      register,
      name: "backup",
      args: [runId],
      signal,
    });
  const keeper = new BackupKeeper({ databaseUrl: input.databaseUrl, make, say });
  keeper.start();
  return keeper;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
