import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { epochMs, instant, textArray } from "#db/sql.ts";
import type { Clock } from "#server/core/clock.ts";
import { quality } from "#server/device/tag.contract.ts";
import { createDevice, type DeviceReading } from "#server/device/socketio/client-example.ts";

/** How often the device says something, ms. */
const beatMs = 20;

export interface NumbersOptions {
  /** The edge's listener for devices. */
  readonly url: string;
  readonly source: string;
  readonly token: string;
  readonly sourceId: number;
  readonly perSecond: number;
  readonly clock: Clock;
}

/**
 * A real device whose every metric counts 1, 2, 3 …: what is stored of it can be compared with what it said. It
 * keeps each reading until the edge has answered that it is stored.
 */
export class Numbers implements Said {
  /** When each number of each metric was said, ms. */
  readonly said = new Map<string, number[]>();
  /** When the first number was said, ms. */
  readonly from: number;
  /** What the edge would not take, and readings that a full store dropped: none, or the run is worthless. */
  readonly problems: string[] = [];
  readonly #device: ReturnType<typeof createDevice>;
  readonly #options: NumbersOptions;
  readonly #metrics: string[] = [];
  #count = 0;
  #owed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NumbersOptions) {
    this.#options = options;
    const { url, source, token, clock } = options;
    this.from = clock.now();
    this.#device = createDevice({
      url,
      source,
      token,
      session: crypto.randomUUID(),
      clock,
      capacity: 2_000_000,
      onWrite: () => ({ result: "accepted" }),
      onSent: () => undefined,
      onDropped: (count) => this.problems.push(`${count} readings found no room on the device`),
      onProblem: () => undefined,
    });
    this.goOn();
  }

  goOn(): void {
    this.#timer ??= setInterval(() => this.#beat(), beatMs);
  }

  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  stop(): void {
    this.pause();
    this.#device.stop();
  }

  /** The source that it is. */
  get sourceId(): number {
    return this.#options.sourceId;
  }

  /** Says 0, which is not counted: an edge that does not know the metric yet stores nothing of it. */
  knock(metric: string): void {
    this.#device.put([{ metric, at: this.#options.clock.now(), value: 0, unit: null }]);
  }

  /** Counts this metric as well, from now on. */
  add(metric: string): void {
    this.#metrics.push(metric);
  }

  connected(): boolean {
    return this.#device.connected();
  }

  /** Readings that the edge has not answered as stored yet. */
  waiting(): number {
    return this.#device.waiting();
  }

  #beat(): void {
    const { perSecond, clock } = this.#options;
    this.#owed += (perSecond * beatMs) / 1000;
    const at = clock.now();
    const readings: DeviceReading[] = [];
    for (; this.#owed >= 1; this.#owed--) {
      const metric = this.#metrics[this.#count++ % this.#metrics.length];
      if (metric === undefined) continue;
      const times = this.said.get(metric) ?? [];
      times.push(at);
      this.said.set(metric, times);
      readings.push({ metric, at, value: times.length, unit: null });
    }
    this.#device.put(readings);
  }
}

/** What devices said: of each metric when its numbers 1 … n were said, ms. */
export interface Said {
  readonly said: ReadonlyMap<string, readonly number[]>;
  /** Nothing was said before, ms. */
  readonly from: number;
}

export interface Stored {
  readonly looked: number;
  /** What is stored nowhere, and when it was said, ms. */
  readonly missing: readonly { readonly number: string; readonly at: number }[];
  /** In words that begin with the kind of fault: doubled or strange. */
  readonly wrong: readonly string[];
}

/**
 * Compares what was said with what is stored: every number once, and no other. What the edge called stale it said
 * again itself.
 */
export async function numbersStored(db: Db, { said, from }: Said): Promise<Stored> {
  const rows = await db.execute<{ metric: string; nums: (number | null)[] }>(sql`
    select t.metric, array_agg(r.num order by r.num) as nums from reading r join tag t on t.id = r.tag_id
    where r.source_ts >= ${instant(from - 60_000)} and r.num is distinct from 0 and r.quality < ${quality.stale}
      and t.metric = any(${textArray([...said.keys()])})
    group by 1`);
  const wrong: string[] = [];
  const missing: { number: string; at: number }[] = [];
  let looked = 0;
  for (const [metric, times] of said) {
    const nums = rows.find((row) => row.metric === metric)?.nums ?? [];
    const known = new Set(nums);
    looked += nums.length;
    if (nums.length > known.size)
      wrong.push(`doubled: ${metric} has ${nums.length - known.size} numbers twice`);
    const isOurs = (n: number | null) => n !== null && Number.isInteger(n) && n >= 1 && n <= times.length;
    if (nums.some((n) => !isOurs(n))) wrong.push(`strange: ${metric} has numbers that nobody said`);
    for (const [i, at] of times.entries())
      if (!known.has(i + 1)) missing.push({ number: `${metric} ${i + 1}`, at });
  }
  return { looked, missing, wrong };
}

/** How many of these readings lie in no gap: neither in the time of one, nor among the numbers of a broken queue. */
export async function outsideGaps(db: Db, missing: Stored["missing"]): Promise<number> {
  const gaps = await db.execute<{
    first: number | null;
    last: number | null;
    from: number | null;
    to: number | null;
  }>(sql`
    select first::float8, last::float8, ${epochMs(sql`from_ts`)} as "from", ${epochMs(sql`to_ts`)} as "to" from gap
    where kind is distinct from 'events'`);
  const timed = gaps.flatMap(({ from, to }) => (from === null || to === null ? [] : [{ from, to }]));
  const left = missing.filter(({ at }) => !timed.some(({ from, to }) => from <= at && at <= to)).length;
  // A queue knows how many readings it lost and not when they were taken.
  const counted = gaps.reduce(
    (sum, { first, last }) => sum + (first === null || last === null ? 0 : last - first + 1),
    0,
  );
  return Math.max(0, left - counted);
}
