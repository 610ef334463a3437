import { asc, gt, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { fact as factTable } from "#db/schema/core/core.ts";
import { Bell } from "#server/core/bell.ts";
import type { Clock } from "#server/core/clock.ts";
import { type Fact, factChannel } from "#server/core/facts.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";

/** Facts read at once; a flood comes in several reads. */
const batch = 500;
/** The doorbell may be missed, so the outbox is looked at so often anyway, ms. */
const pollMs = 1000;

export interface ChangeFeed extends Service {
  /** Id of the newest fact that was handed on. */
  readonly cursor: number;
}

/**
 * Follows the outbox from its end at start: screens re-read what they show when they connect, so older facts
 * tell them nothing. `onFacts` gets them in commit order; it must not throw.
 */
export function createChangeFeed(deps: {
  db: Db;
  clock: Clock;
  log: Logger;
  onFacts: (facts: readonly Fact[]) => void;
}): ChangeFeed {
  const { db, clock, log, onFacts } = deps;
  const abort = new AbortController();
  let cursor = 0;
  const bell = new Bell();
  let unlisten: (() => Promise<void>) | undefined;
  let loop: Promise<void> | undefined;

  async function readOn(): Promise<void> {
    for (;;) {
      const rows = await db
        .select()
        .from(factTable)
        .where(gt(factTable.id, cursor))
        .orderBy(asc(factTable.id))
        .limit(batch);
      const last = rows.at(-1);
      if (last === undefined || abort.signal.aborted) return;
      cursor = last.id;
      onFacts(rows.map((row) => ({ ...row, at: row.at.getTime() })));
      if (rows.length < batch) return;
    }
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        await readOn();
      } catch (error) {
        log.warn({ err: error }, "screens wait for the database");
      }
      await bell.wait(clock, pollMs, abort.signal);
    }
  }

  return {
    name: "change-feed",
    get cursor() {
      return cursor;
    },
    async start() {
      const [newest] = await db.execute<{ id: string }>(
        sql`select coalesce(max(id), 0)::text as id from fact`,
      );
      cursor = Number(newest?.id ?? 0);
      const listener = await db.$client.listen(
        factChannel,
        () => bell.ring(),
        () => bell.ring(),
      );
      unlisten = () => listener.unlisten();
      loop = run();
    },
    async stop() {
      abort.abort();
      bell.ring();
      await unlisten?.().catch(() => {});
      await loop;
    },
  };
}
