import { ClassicLevel } from "classic-level";
import { z } from "zod";
import { Actuation, ActuationAnswer } from "./uplink.contract.ts";

/** An actuation that was let through; without `answer` nobody knows whether the machine got it. */
const Entry = z.object({
  actuation: Actuation,
  receivedAt: z.number(),
  answer: ActuationAnswer.nullable(),
});
export type Entry = z.infer<typeof Entry>;

const Counters = z.array(z.object({ epoch: z.string(), counter: z.number() }));
export type Counters = z.infer<typeof Counters>;

/** What of LevelDB the store stands on; a test has one that fails and that loses power. */
export type JsonLevel = Pick<
  ClassicLevel<string, unknown>,
  "open" | "close" | "batch" | "get" | "del" | "iterator" | "values"
>;

const leveldb = (location: string): JsonLevel =>
  new ClassicLevel<string, unknown>(location, { valueEncoding: "json" });

/** Answers are repeated for so long, ms; then an id is so old that its expiry refuses it. */
const keepMs = 90 * 86_400_000;
const maxEpochs = 100;

/**
 * What the edge must not forget about actuations: which came, which counters are used, what became of each, and when a
 * tag was last written. Everything is synced before it counts.
 */
export class ActuationStore {
  readonly location: string;
  readonly #db: JsonLevel;
  #counters: Counters = [];
  readonly #written = new Map<number, number>();

  private constructor(location: string, db: JsonLevel) {
    this.location = location;
    this.#db = db;
  }

  /** @throws Error when the folder cannot be opened, also after a repair. */
  static async open(location: string, now: number, level = leveldb): Promise<ActuationStore> {
    const db = level(location);
    try {
      await db.open();
    } catch {
      await ClassicLevel.repair(location);
      await db.open();
    }
    const store = new ActuationStore(location, db);
    store.#counters = Counters.safeParse(await db.get("c")).data ?? [];
    for (const [key, at] of await db.iterator({ gte: "w|", lt: "w}" }).all()) {
      store.#written.set(Number(key.slice(2)), Number(at));
    }
    for await (const [key, value] of db.iterator({ gte: "i|", lt: "i}" })) {
      const entry = Entry.safeParse(value);
      if (entry.success && entry.data.receivedAt < now - keepMs) await db.del(key);
    }
    return store;
  }

  get counters(): Counters {
    return this.#counters;
  }

  /** When a tag was last written, wall-clock ms. */
  writtenAt(tagId: number): number | null {
    return this.#written.get(tagId) ?? null;
  }

  async get(id: string): Promise<Entry | null> {
    return Entry.safeParse(await this.#db.get(`i|${id}`)).data ?? null;
  }

  /** Actuations that were let through and never answered: the edge was killed in between. */
  async unanswered(): Promise<Entry[]> {
    const all = await this.#db.values({ gte: "i|", lt: "i}" }).all();
    return all.flatMap((value) => {
      const entry = Entry.safeParse(value);
      return entry.success && entry.data.answer === null ? [entry.data] : [];
    });
  }

  /** Before the machine is touched: the intent, its counter, and the time of the write. */
  async intend(entry: Entry, now: number): Promise<void> {
    const { tagId } = entry.actuation;
    await this.#put([...this.#entry(entry), { type: "put", key: `w|${tagId}`, value: now }]);
    this.#written.set(tagId, now);
  }

  /** What became of it. */
  async answer(entry: Entry): Promise<void> {
    await this.#put(this.#entry(entry));
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  #entry(entry: Entry): { type: "put"; key: string; value: unknown }[] {
    this.#counters = withCounter(this.#counters, entry.actuation);
    return [
      { type: "put", key: `i|${entry.actuation.id}`, value: entry },
      { type: "put", key: "c", value: this.#counters },
    ];
  }

  async #put(operations: { type: "put"; key: string; value: unknown }[]): Promise<void> {
    await this.#db.batch(operations, { sync: true });
  }
}

function withCounter(counters: Counters, { counterEpoch: epoch, counter }: Actuation): Counters {
  const known = counters.find((c) => c.epoch === epoch);
  if (known === undefined) return [...counters, { epoch, counter }].slice(-maxEpochs);
  return counters.map((c) => (c === known ? { epoch, counter: Math.max(c.counter, counter) } : c));
}
