import { and, eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { consumerState } from "#db/schema/execution/consumers.ts";
import type { ConsumerStates } from "./consumer.ts";
import type { Feed } from "./feed.ts";
import { epochToDatabase } from "./epoch.rules.ts";

/** Another owner has the lane, or moved this cursor: what this worker remembers is not true any more. */
export class Fenced extends Error {
  constructor(consumer: string, feed: string) {
    super(`${consumer} does not own ${feed} any more`);
    this.name = "Fenced";
  }
}

export interface CursorMove {
  readonly consumer: string;
  readonly feed: Feed;
  readonly from: number;
  readonly to: number;
  readonly fence: number;
}

/**
 * Moves a cursor, first thing in the consumer's transaction: its row lock keeps a second owner out until the
 * commit, and an owner whose lease was taken over finds a higher fence and is refused. @throws Fenced
 */
export async function moveCursor(tx: Tx, move: CursorMove): Promise<void> {
  const { consumer, feed, from, to, fence } = move;
  const moved = await tx.execute(sql`
    insert into consumer_cursor as c (consumer, stream_id, epoch, seq, fence)
    select ${consumer}, ${feed.streamId}, ${epochToDatabase(feed.epoch)}::bigint, ${to}, ${fence}
    where exists (select from lane_lease l where l.lane = ${feed.lane} and l.fence = ${fence})
    on conflict (consumer, stream_id, epoch) do update set seq = excluded.seq, fence = excluded.fence
      where c.fence <= excluded.fence and c.seq = ${from}
    returning seq`);
  if (moved.length === 0) throw new Fenced(consumer, feed.key);
}

/** What a batch reads and writes of its consumer's memory; kept apart until the transaction has committed. */
export class BatchStates implements ConsumerStates {
  readonly #known: ReadonlyMap<string, unknown>;
  readonly #changed = new Map<string, unknown>();

  constructor(known: ReadonlyMap<string, unknown>) {
    this.#known = known;
  }

  get<T>(key: string): T | undefined {
    const value = this.#changed.has(key) ? this.#changed.get(key) : this.#known.get(key);
    return value as T | undefined;
  }

  set(key: string, value: unknown): void {
    this.#changed.set(key, value);
  }

  async save(tx: Tx, consumer: string): Promise<void> {
    const gone = [...this.#changed].filter(([, value]) => value === undefined).map(([key]) => key);
    const kept = [...this.#changed].filter(([, value]) => value !== undefined);
    if (gone.length > 0) {
      await tx
        .delete(consumerState)
        .where(and(eq(consumerState.consumer, consumer), inArray(consumerState.key, gone)));
    }
    if (kept.length > 0) {
      const rows = kept.map(([key, state]) => ({ key, state }));
      await tx.execute(sql`
        insert into consumer_state (consumer, key, state)
        select ${consumer}, s.key, s.state
        from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) s(key text, state jsonb)
        on conflict (consumer, key) do update set state = excluded.state`);
    }
  }

  /** After the commit: the changes become what is known. Through JSON, so that memory and table say the same. */
  applyTo(known: Map<string, unknown>): void {
    for (const [key, value] of this.#changed) {
      if (value === undefined) known.delete(key);
      else known.set(key, JSON.parse(JSON.stringify(value)));
    }
  }
}
