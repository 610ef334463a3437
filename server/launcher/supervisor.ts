import { systemClock } from "#server/core/clock.ts";
import { type ChildContext, type ChildSpec, SupervisedChild } from "./supervised-child.ts";

/** All parts have stopped after at most this long, ms. */
const stopWithinMs = 9500;
/** What the database may need of that. */
const lastPartMs = 4000;

/** Starts parts in their order, keeps them alive, and stops them in reverse. */
export class Supervisor {
  readonly #children: SupervisedChild[] = [];
  readonly #context: ChildContext;
  #stopped: Promise<void> | null = null;

  constructor(context: ChildContext) {
    this.#context = context;
  }

  /** Starts these parts at the same time; resolves when all are ready. They are stopped before earlier ones. */
  async start(...specs: readonly ChildSpec[]): Promise<void> {
    const children = specs.map((spec) => new SupervisedChild(spec, this.#context));
    this.#children.push(...children);
    await Promise.all(children.map((child) => child.start()));
  }

  pids(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.#children.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const])),
    );
  }

  /** @throws Error when there is no such part */
  async kill(name: string): Promise<void> {
    const child = this.#children.find((c) => c.name === name);
    if (child === undefined) throw new Error(`there is no part "${name}"`);
    await child.kill();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.settled()));
  }

  /** Stops every part in reverse order, within ten seconds; what does not end by itself is killed. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** For the person who asks twice: everything is killed now. What is stored stays stored. */
  stopNow(): void {
    for (const child of this.#children) child.killNow();
  }

  async #stopAll(): Promise<void> {
    const until = systemClock.monotonic() + stopWithinMs;
    const [first, ...others] = this.#children;
    for (const child of others.toReversed()) {
      const left = until - lastPartMs - systemClock.monotonic();
      await child.stop(Math.max(250, Math.min(3000, left)));
    }
    await first?.stop(Math.max(lastPartMs, until - systemClock.monotonic()));
    this.#context.register.clear();
  }
}
