import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { source } from "#db/schema/device/tags.ts";
import { instant } from "#db/sql.ts";
import { founderActor } from "#server/core/actor.contract.ts";
import { type Clock, systemClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { newToken, tokenHash } from "#server/core/tokens.ts";
import { addSource, changeSource } from "#server/execution/sources/sources.commands.ts";
import type { SourceDriver } from "#server/execution/sources/sources.contract.ts";
import { addTag } from "#server/execution/tags/tags.commands.ts";
import { Numbers } from "./numbers.ts";

const actor = founderActor("chaos");
/** How many metrics count; each is a tag of one machine. */
const metricCount = 10;
/** Nothing that heals takes longer, ms. */
export const patienceMs = 60_000;

/** A running house that can be given sources and tags, and a device that counts. */
export abstract class CountingHouse {
  readonly clock: Clock = systemClock;
  /** As the server's own role. */
  abstract readonly db: Db;
  /** Whose tags all new ones are. */
  abstract readonly machineId: number;
  /** The edge's listener for devices. */
  abstract readonly deviceUrl: string;

  /** Runs a command as whoever furnished the house. */
  command<I, O>(command: Command<I, O>, input: unknown): Promise<O> {
    return command.execute(this, actor, crypto.randomUUID(), input);
  }

  /** Adds a source with a token of its own, to the house's edge or another. */
  async addSource(code: string, driver: SourceDriver, config: object = {}, edgeId = 0) {
    const [own] = await this.db.execute<{ id: number }>(sql`select id from edge order by id limit 1`);
    const input = { edgeId: edgeId === 0 ? own?.id : edgeId, code, driver, config };
    const { sourceId } = await this.command(addSource, input);
    const token = newToken();
    await this.db
      .update(source)
      .set({ tokenHash: tokenHash(token) })
      .where(eq(source.id, sourceId));
    return { sourceId, token };
  }

  /** Another config for a source. */
  async changeSource(sourceId: number, config: object): Promise<void> {
    await this.command(changeSource, { sourceId, config });
  }

  /** A tag of which every reading is stored: two equal cycle times are two cycles. */
  async addTag(sourceId: number, metric: string, more: object = {}): Promise<number> {
    const tag = { name: metric, meaning: "cycle_time", datatype: "number", ...more };
    const { tagId } = await this.command(addTag, { sourceId, machineId: this.machineId, metric, ...tag });
    return tagId;
  }

  /** Readings a second that the database took between two times, ms. */
  async storedPerSecond(from: number, to: number): Promise<number> {
    const [row] = await this.db.execute<{ stored: number }>(sql`
      select coalesce(sum(stored), 0)::float8 as stored from ingest_log
      where received_at >= ${instant(from)} and received_at < ${instant(to)}`);
    return ((row?.stored ?? 0) * 1000) / (to - from);
  }

  /** The greatest number that is stored of a metric; 0 = none. */
  async newest(metric: string): Promise<number> {
    const [row] = await this.db.execute<{ newest: number | null }>(sql`
      select max(r.num)::float8 as newest from reading r join tag t on t.id = r.tag_id where t.metric = ${metric}`);
    return row?.newest ?? 0;
  }

  /** Whether something is stored of a metric: before its tag reached the edge it is not. */
  async knows(metric: string): Promise<boolean> {
    const rows = await this.db.execute(
      sql`select 1 from reading r join tag t on t.id = r.tag_id where t.metric = ${metric} limit 1`,
    );
    return rows.length > 0;
  }

  /** Asks twenty times a second; a database that is away says no. @throws Error in words when it takes too long */
  async until(what: string, holds: () => Promise<boolean>, ms = patienceMs): Promise<void> {
    const end = this.clock.monotonic() + ms;
    while (!(await holds().catch(() => false))) {
      if (this.clock.monotonic() > end) throw new Error(`waited ${ms / 1000} s in vain until ${what}`);
      await this.clock.sleep(50);
    }
  }

  /** A device of its own whose ten metrics count, as soon as the edge knows them. */
  async addNumbers(perSecond: number): Promise<Numbers> {
    const { sourceId, token } = await this.addSource("counter", "socketio");
    const { clock, deviceUrl: url } = this;
    const numbers = new Numbers({ url, source: "counter", sourceId, token, perSecond, clock });
    const metrics = Array.from({ length: metricCount }, (_, i) => `press-1/n${i}`);
    for (const metric of metrics) await this.addTag(sourceId, metric);
    for (const metric of metrics) await this.counts(numbers, metric);
    return numbers;
  }

  /** The device counts this metric, once the edge has its tag. */
  async counts(numbers: Numbers, metric: string): Promise<void> {
    await this.until(`the edge knows ${metric}`, async () => {
      numbers.knock(metric);
      return this.knows(metric);
    });
    numbers.add(metric);
  }
}
