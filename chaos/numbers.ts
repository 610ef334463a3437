import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { instant, textArray } from "#db/sql.ts";
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
export class Numbers {
  /** The last number of each metric. */
  readonly said = new Map<string, number>();
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
      const value = (this.said.get(metric) ?? 0) + 1;
      this.said.set(metric, value);
      readings.push({ metric, at, value, unit: null });
    }
    this.#device.put(readings);
  }
}

/** What of the numbers 1 … n of each metric is stored. */
export interface Stored {
  readonly looked: number;
  /** How many are stored nowhere. */
  readonly missing: number;
  /** In words that begin with the kind of fault: doubled or strange. */
  readonly wrong: readonly string[];
}

/** Compares what was said with what is stored: every number once, and no other. What the edge called stale it said again. */
export async function numbersStored(db: Db, numbers: Pick<Numbers, "said" | "from">): Promise<Stored> {
  const rows = await db.execute<{
    metric: string;
    n: number;
    last: number;
    distinct: number;
    strange: number;
  }>(sql`
    select t.metric, count(*)::int as n, max(r.num)::float8 as last, count(distinct r.num)::int as "distinct",
      count(*) filter (where r.num is null or r.num < 1 or r.num <> trunc(r.num))::int as strange
    from reading r join tag t on t.id = r.tag_id
    where r.source_ts >= ${instant(numbers.from - 60_000)} and r.num <> 0 and r.quality < ${quality.stale} and t.metric = any(${textArray([...numbers.said.keys()])})
    group by 1`);
  const wrong: string[] = [];
  let missing = 0;
  for (const [metric, said] of numbers.said) {
    const row = rows.find((one) => one.metric === metric) ?? { n: 0, last: 0, distinct: 0, strange: 0 };
    if (row.n > row.distinct) wrong.push(`doubled: ${metric} has ${row.n - row.distinct} numbers twice`);
    if (row.strange > 0 || row.last > said) wrong.push(`strange: ${metric} has numbers that nobody said`);
    missing += said - row.distinct;
  }
  return { looked: rows.reduce((sum, { n }) => sum + n, 0), missing, wrong };
}

/** Readings that lie inside recorded gaps: what a fault of the disk may cost at most. */
export async function readingsInGaps(db: Db): Promise<number> {
  const [row] = await db.execute<{ n: number }>(
    sql`select coalesce(sum(last - first + 1), 0)::float8 as n from gap where kind = 'readings' and last is not null`,
  );
  return row?.n ?? 0;
}
