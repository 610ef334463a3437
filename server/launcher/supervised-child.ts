import { type ChildProcess, spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { systemClock } from "#server/core/clock.ts";
import { ChildLog } from "./child-log.ts";
import { projectRoot } from "./folders.ts";
import type { ChildRegister } from "./orphans.ts";
import type { DatabaseUser } from "./postgres-binaries.ts";
import { identify, type ProcessIdentity, signalProcess, waitUntilGone } from "./processes.ts";

/** How one part of the plant is started, seen to be ready, and stopped. */
export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user it runs as; null or absent = ours. */
  readonly user?: DatabaseUser | null;
  /** It loads follow-parent.mjs: it ends when we are gone, and is killed when its event loop stands still. */
  readonly follows: boolean;
  readonly stopSignal: NodeJS.Signals;
  /** When it must end at once: SIGKILL, or what a database takes for that. */
  readonly hardSignal?: NodeJS.Signals;
  /** Its output goes to our terminal instead of its log. */
  readonly onTerminal?: boolean;
  /** What must be done before each start. */
  prepare?(): Promise<void>;
  /** Resolves with true when the part can be used, with false when `gone()` or it took too long. */
  ready(pid: number, gone: () => boolean): Promise<boolean>;
}

/** Node with tsx and the leash, for a script of ours. */
export const nodeArguments = (script: string, ...rest: string[]): string[] => [
  "--enable-source-maps",
  "--import",
  "tsx",
  "--import",
  leash,
  join(projectRoot, script),
  ...rest,
];
/** The module that leads a child, and the variable that tells it that it is the one. */
export const leash = pathToFileURL(join(projectRoot, "server/launcher/follow-parent.mjs")).href;
export const leashed: Readonly<Record<string, string>> = { MILLWRIGHT_LEASH: "1" };

export interface ChildContext {
  readonly logFolder: string;
  readonly register: ChildRegister;
  /** One line for the person at the terminal. */
  say(line: string): void;
}

interface Timing {
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  /** A part that was ready for so long did not fail at its start: the next retry is a first one again. */
  readonly steadyMs: number;
  readonly heartbeatMs: number;
  /** A child that has not answered for so long is killed. */
  readonly stuckMs: number;
}

export const standardTiming: Timing = {
  firstRetryMs: 250,
  lastRetryMs: 5000,
  steadyMs: 2000,
  heartbeatMs: 2500,
  stuckMs: 20_000,
};

/** Thrown by `start()` when a part dies again and again before it was ever ready. */
export class ChildFailed extends Error {
  constructor(name: string, how: string, lines: readonly string[], logPath: string) {
    super(
      `The part "${name}" does not start (${how}). Its last words:\n${lines.map((l) => `    ${l}`).join("\n")}\n  More in ${logPath}`,
    );
    this.name = "ChildFailed";
  }
}

const attemptsAtStart = 3;

/** One part under supervision: started, watched, started again with growing pauses until it is stopped. */
export class SupervisedChild {
  readonly name: string;
  readonly #spec: ChildSpec;
  readonly #context: ChildContext;
  readonly #timing: Timing;
  readonly #log: ChildLog;
  readonly #stopping = new AbortController();
  #current: { process: ChildProcess; who: ProcessIdentity; exited: Promise<void> } | null = null;
  #loop: Promise<void> = Promise.resolve();
  #up = false;
  #watchers: (() => void)[] = [];

  constructor(spec: ChildSpec, context: ChildContext, timing: Timing = standardTiming) {
    this.name = spec.name;
    this.#spec = spec;
    this.#context = context;
    this.#timing = timing;
    this.#log = new ChildLog(context.logFolder, spec.name);
  }

  get pid(): number | undefined {
    return this.#current?.who.pid;
  }

  /** Starts the part. Resolves when it is ready for the first time. @throws ChildFailed */
  start(): Promise<void> {
    return new Promise((done, fail) => {
      this.#loop = this.#run(done, fail);
    });
  }

  /** Resolves when the part is up; at once if it is. */
  settled(): Promise<void> {
    if (this.#up) return Promise.resolve();
    return new Promise((done) => this.#watchers.push(done));
  }

  /** SIGKILL, as a crash would. Resolves when the process is gone; the loop then starts it again. */
  async kill(): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    this.#up = false;
    signalProcess(current.who, "SIGKILL", true);
    await current.exited;
  }

  /** Asks the part to end, and kills it after `ms`. */
  async stop(ms: number): Promise<void> {
    this.#stopping.abort();
    const current = this.#current;
    if (current !== null) {
      signalProcess(current.who, this.#spec.stopSignal);
      if (!(await waitUntilGone(current.who, ms))) {
        this.#context.say(
          `${this.name} did not end by itself within ${Math.round(ms / 1000)} s and is killed`,
        );
        this.killNow();
      }
    }
    await this.#loop;
    this.#log.close();
  }

  /** Ends it hard, without waiting: for the person who asks twice. */
  killNow(): void {
    this.#stopping.abort();
    if (this.#current !== null)
      signalProcess(
        this.#current.who,
        this.#spec.hardSignal ?? "SIGKILL",
        this.#spec.hardSignal === undefined,
      );
  }

  async #run(started: () => void, failed: (error: Error) => void): Promise<void> {
    const { signal } = this.#stopping;
    let pause = this.#timing.firstRetryMs;
    let attempts = 0;
    let everReady = false;
    while (!signal.aborted) {
      let readyAt = Number.POSITIVE_INFINITY;
      const logStart = this.#log.size();
      const how = await this.#once(() => {
        everReady = true;
        readyAt = systemClock.monotonic();
        started();
      });
      if (signal.aborted) break;
      attempts += 1;
      if (!everReady && attempts >= attemptsAtStart) {
        failed(new ChildFailed(this.name, how, this.#log.lastWords(8, logStart), this.#log.path));
        return;
      }
      if (systemClock.monotonic() - readyAt > this.#timing.steadyMs) pause = this.#timing.firstRetryMs;
      const lastWords = how.startsWith("signal") ? [] : this.#log.lastWords(3, logStart);
      this.#context.say(
        [`${this.name} ended (${how}) and is started again in ${pause / 1000} s`, ...lastWords].join(
          "\n    ",
        ),
      );
      await systemClock.sleep(pause, signal);
      pause = Math.min(pause * 2, this.#timing.lastRetryMs);
    }
    failed(new Error(`${this.name} was stopped before it was ready`));
  }

  /** Runs the process once, from start to end. @returns how it ended, in words */
  async #once(ready: () => void): Promise<string> {
    const spec = this.#spec;
    try {
      await spec.prepare?.();
    } catch (error) {
      return `it could not be prepared: ${String(error)}`;
    }
    if (this.#stopping.signal.aborted) return "stopped";
    this.#log.rotateIfLarge();
    const output = spec.onTerminal === true ? "inherit" : this.#log.fd;
    const child = spawn(spec.command, spec.args, {
      cwd: spec.user === undefined ? projectRoot : "/",
      env: { ...spec.env, ...(spec.follows ? leashed : {}) } as NodeJS.ProcessEnv,
      stdio: ["ignore", output, output, ...(spec.follows ? ["ipc" as const] : [])],
      // A group of its own: Ctrl-C reaches only us, and we stop the parts in their order.
      detached: true,
      ...spec.user,
    });
    let how: string | null = null;
    const exited = new Promise<void>((done) => {
      child.once("error", (error) => {
        how ??= error.message;
        if (child.pid === undefined) done();
      });
      child.once("exit", (code, signal) => {
        how ??= signal === null ? `exit code ${code}` : `signal ${signal}`;
        done();
      });
    });
    const who = child.pid === undefined ? null : identify(child.pid);
    if (who !== null) {
      this.#current = { process: child, who, exited };
      this.#context.register.add(this.name, who);
      const stopWatching = spec.follows ? this.#watch(child, who) : () => {};
      if (await spec.ready(who.pid, () => how !== null)) {
        this.#setUp();
        ready();
      } else if (how === null && !this.#stopping.signal.aborted) {
        how = "it did not become ready in time";
        signalProcess(who, "SIGKILL", true);
      }
      await exited;
      stopWatching();
      this.#context.register.remove(who.pid);
    }
    await exited;
    this.#up = false;
    this.#current = null;
    return how ?? "for an unknown reason";
  }

  #setUp(): void {
    this.#up = true;
    for (const done of this.#watchers.splice(0)) done();
  }

  /** Asks every few seconds whether the child's event loop still turns, and looks after its log. */
  #watch(child: ChildProcess, who: ProcessIdentity): () => void {
    let answered = systemClock.monotonic();
    let asked = answered;
    child.on("message", (message) => {
      if (message === "millwright:pong") answered = systemClock.monotonic();
    });
    const timer = setInterval(() => {
      this.#log.rotateIfLarge();
      const now = systemClock.monotonic();
      // After a sleep of the whole machine nobody could have answered: only silence while we were awake counts.
      if (now - asked > this.#timing.heartbeatMs * 3) answered = now;
      asked = now;
      if (this.#up && now - answered > this.#timing.stuckMs) {
        this.#context.say(
          `${this.name} has not answered for ${Math.round((now - answered) / 1000)} s and is killed`,
        );
        signalProcess(who, "SIGKILL", true);
      } else if (child.connected) {
        child.send("millwright:ping", () => {});
      }
    }, this.#timing.heartbeatMs);
    return () => clearInterval(timer);
  }
}
