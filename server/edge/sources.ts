import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import type { Driver, WriteResult } from "#server/device/driver.contract.ts";
import type { EdgeDocument, EdgeSource } from "./document.contract.ts";
import { Normaliser, type NormaliseParts } from "./normalise.ts";
import type { Value } from "./reflexes.rules.ts";
import { SkewMeter } from "./skew.ts";
import { asSourceSays } from "./validate.rules.ts";
import type { EdgeHealth } from "./uplink.contract.ts";

interface Running {
  readonly source: EdgeSource;
  /** What the driver was made of; another one needs another driver. */
  readonly key: string;
  readonly driver: Driver;
  readonly normaliser: Normaliser;
  readonly skew: SkewMeter;
  /** That its clock is wrong was said, and it is not right again. */
  warned: boolean;
}

export interface SourcesOptions extends NormaliseParts {
  readonly log: Logger;
  readonly createDriver: (source: EdgeSource) => Driver;
}

const tickMs = 100;
/** As much of an error as health tells. */
const maxProblem = 500;

/** The edge's drivers, one for each source of the document: kept, added and removed as documents come. */
export class Sources implements Service {
  readonly name = "sources";
  readonly #options: SourcesOptions;
  readonly #running = new Map<number, Running>();
  /** Sources that could not even be started, and why. */
  readonly #failed = new Map<number, string>();
  readonly #abort = new AbortController();
  #turn: Promise<void> = Promise.resolve();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#tick(this.#options.clock);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
    await this.#turn;
    await Promise.all([...this.#running.values()].map(({ driver }) => this.#stop(driver)));
    this.#running.clear();
  }

  /** Takes a new document without a restart: a source that is as it was goes on undisturbed. */
  apply(document: EdgeDocument): Promise<void> {
    const { book, queue, log } = this.#options;
    const ended = book.load(document, (id) => queue.markOf(id).windows ?? []);
    for (const state of ended) this.#running.get(state.tag.sourceId)?.normaliser.end(state);
    this.#turn = this.#turn
      .then(() => this.#change(document.sources))
      .catch((error: unknown) => log.error({ err: error }, "the sources could not be changed"));
    return this.#turn;
  }

  connected(sourceId: number): boolean {
    return this.#running.get(sourceId)?.driver.health().connected ?? false;
  }

  /** Writes an absolute value, in the tag's unit, to a machine. Once. */
  async write(tagId: number, value: Value): Promise<WriteResult> {
    const tag = this.#options.book.tag(tagId);
    const running = tag === null ? undefined : this.#running.get(tag.sourceId);
    if (tag === null || running === undefined) return { result: "refused", reason: "no such source" };
    if (typeof value !== "number") return running.driver.write(tag.metric, value);
    // The machine takes a number in its own unit: what was converted on its way here is converted on its way back.
    const raw = asSourceSays(value, tag, this.#options.book.sourceUnit(tagId));
    if (raw === null) return { result: "refused", reason: "the unit of the source is another one" };
    return running.driver.write(tag.metric, raw);
  }

  health(): EdgeHealth["sources"] {
    const running = [...this.#running.values()].map(({ source, driver, skew }) => {
      const {
        connected,
        lastMessageAt,
        messages,
        errors,
        problem = null,
        certificates = null,
      } = driver.health();
      const said = problem?.slice(0, maxProblem) ?? null;
      return {
        id: source.id,
        connected,
        lastMessageAt,
        messages,
        errors,
        skewMs: skew.skewMs,
        problem: said,
        ...(certificates !== null && { certificates }),
      };
    });
    const failed = [...this.#failed].map(([id, problem]) => ({
      id,
      connected: false,
      lastMessageAt: null,
      messages: 0,
      errors: 1,
      skewMs: null,
      problem,
    }));
    return [...running, ...failed];
  }

  async #change(sources: readonly EdgeSource[]): Promise<void> {
    const wanted = new Map(sources.map((source) => [source.id, source]));
    this.#failed.clear();
    for (const [id, running] of this.#running) {
      const source = wanted.get(id);
      if (source !== undefined && keyOf(source) === running.key) continue;
      this.#running.delete(id);
      await this.#stop(running.driver);
    }
    for (const source of sources) {
      if (!this.#running.has(source.id) && !this.#abort.signal.aborted) await this.#begin(source);
    }
  }

  /** The edge's clock was set. */
  clockWasSet(): void {
    for (const { skew } of this.#running.values()) skew.forget();
  }

  async #begin(source: EdgeSource): Promise<void> {
    const { log, createDriver } = this.#options;
    const skew = new SkewMeter();
    const normaliser = new Normaliser(source.id, this.#options, skew);
    try {
      const driver = createDriver(source);
      this.#running.set(source.id, { source, key: keyOf(source), driver, normaliser, skew, warned: false });
      await driver.start(normaliser, this.#abort.signal);
      log.info({ source: source.code, driver: driver.name }, "source started");
    } catch (error) {
      this.#running.delete(source.id);
      // The others go on; the server is told why this one does not.
      this.#failed.set(
        source.id,
        (error instanceof Error ? error.message : String(error)).slice(0, maxProblem),
      );
      log.error({ source: source.code, err: error }, "a source could not be started");
    }
  }

  async #stop(driver: Driver): Promise<void> {
    try {
      await driver.stop();
    } catch (error) {
      this.#options.log.error({ driver: driver.name, err: error }, "a source could not be stopped");
    }
  }

  /** A source's clock that is wrong by more than a second is told once, and again when it was right meanwhile. */
  #warn(running: Running): void {
    const { source, skew } = running;
    const wrong = skew.warning !== null;
    if (wrong && !running.warned)
      this.#options.log.warn({ source: source.code, skewMs: skew.warning }, "the clock of a source is wrong");
    running.warned = wrong;
  }

  async #tick(clock: Clock): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      for (const running of this.#running.values()) {
        running.normaliser.tick();
        this.#warn(running);
      }
      await clock.sleep(tickMs, signal);
    }
  }
}

function keyOf({ code, driver, config, tokenHash }: EdgeSource): string {
  return JSON.stringify([code, driver, config, tokenHash]);
}
