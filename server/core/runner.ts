import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import {
  fact as factTable,
  parkedFact,
  reactionCursor,
  schedule as scheduleTable,
} from "#db/schema/core/core.ts";
import { isTransient } from "#db/errors.ts";
import { Bell } from "./bell.ts";
import type { Clock } from "./clock.ts";
import { type Fact, factChannel, type FactKind } from "./facts.ts";
import type { Logger } from "./log.ts";
import type { Service } from "./services.ts";

export interface ReactionContext {
  readonly tx: Tx;
  readonly now: number;
  readonly log: Logger;
}

/** What follows a fact. Runs in the transaction that moves its own cursor: exactly once in effect. */
export interface Reaction {
  readonly name: string;
  readonly topics: readonly string[];
  run(context: ReactionContext, fact: Fact): Promise<void>;
}

export function defineReaction<T>(
  name: string,
  kind: FactKind<T>,
  run: (context: ReactionContext, fact: Fact<T>) => Promise<void>,
): Reaction {
  return {
    name,
    topics: [kind.topic],
    run: (context, fact) => run(context, { ...fact, data: kind.schema.parse(fact.data) }),
  };
}

/** What happens at a time. `run` is given a transaction; long work belongs into a service. */
export interface Schedule {
  readonly name: string;
  readonly everyMs: number;
  run(context: ReactionContext): Promise<void>;
}

/** After this many failures on one fact it is parked, the cursor goes on and a person is told. */
const maxFailures = 5;

export interface RunnerDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reactions: readonly Reaction[];
  readonly schedules: readonly Schedule[];
  /** Called in the transaction that parks a fact, to raise an alarm. */
  readonly onParked?: (
    context: ReactionContext,
    reaction: string,
    factId: number,
    error: string,
  ) => Promise<void>;
}

export interface Runner extends Service {
  /** Runs until no reaction has anything left; for tests and for a clean stop. */
  drain(): Promise<void>;
  /** How many facts each reaction is behind. */
  lag(): Promise<Record<string, number>>;
}

export function createRunner(deps: RunnerDeps): Runner {
  const { db, clock, log, reactions, schedules } = deps;
  const abort = new AbortController();
  let loop: Promise<void> | undefined;
  const bell = new Bell();
  let unlisten: (() => Promise<void>) | undefined;

  async function step(reaction: Reaction): Promise<boolean> {
    const now = clock.now();
    const at = new Date(now);
    let failing: Fact | undefined;
    try {
      return await db.transaction(async (tx) => {
        const [cursor] = await tx
          .select()
          .from(reactionCursor)
          .where(eq(reactionCursor.name, reaction.name))
          .for("update", { skipLocked: true });
        if (cursor === undefined) {
          await tx.insert(reactionCursor).values({ name: reaction.name }).onConflictDoNothing();
          return true;
        }
        if (cursor.nextAttemptAt !== null && cursor.nextAttemptAt > at) return false;
        const [row] = await tx
          .select()
          .from(factTable)
          .where(and(gt(factTable.id, cursor.factId), inArray(factTable.topic, [...reaction.topics])))
          .orderBy(asc(factTable.id))
          .limit(1);
        if (row === undefined) return false;
        const fact: Fact = {
          id: row.id,
          topic: row.topic,
          scope: row.scope,
          data: row.data,
          at: row.at.getTime(),
        };
        failing = fact;
        await reaction.run({ tx, now, log }, fact);
        await tx
          .update(reactionCursor)
          .set({ factId: fact.id, failures: 0, nextAttemptAt: null, lastError: null })
          .where(eq(reactionCursor.name, reaction.name));
        return true;
      });
    } catch (error) {
      const about = { err: error, reaction: reaction.name, fact: failing?.id };
      if (isTransient(error)) {
        // The database's trouble is not the fact's: nothing is counted against it, and it comes again.
        log.warn(about, "reaction waits");
        return false;
      }
      log.error(about, "reaction failed");
      if (failing !== undefined) await recordFailure(reaction, failing, now, String(error));
      return false;
    }
  }

  async function recordFailure(reaction: Reaction, fact: Fact, now: number, error: string): Promise<void> {
    await db.transaction(async (tx) => {
      const [cursor] = await tx
        .select()
        .from(reactionCursor)
        .where(eq(reactionCursor.name, reaction.name))
        .for("update");
      const failures = (cursor?.failures ?? 0) + 1;
      if (failures < maxFailures) {
        const nextAttemptAt = new Date(now + 250 * 2 ** failures);
        await tx
          .update(reactionCursor)
          .set({ failures, nextAttemptAt, lastError: error })
          .where(eq(reactionCursor.name, reaction.name));
        return;
      }
      await tx
        .insert(parkedFact)
        .values({ reaction: reaction.name, factId: fact.id, error, at: new Date(now) });
      await tx
        .update(reactionCursor)
        .set({ factId: fact.id, failures: 0, nextAttemptAt: null, lastError: error })
        .where(eq(reactionCursor.name, reaction.name));
      await deps.onParked?.({ tx, now, log }, reaction.name, fact.id, error);
    });
  }

  async function runDueSchedules(): Promise<boolean> {
    let any = false;
    for (const item of schedules) {
      const now = clock.now();
      try {
        any =
          (await db.transaction(async (tx) => {
            const [row] = await tx
              .select()
              .from(scheduleTable)
              .where(eq(scheduleTable.name, item.name))
              .for("update", { skipLocked: true });
            if (row === undefined) {
              await tx
                .insert(scheduleTable)
                .values({ name: item.name, nextAt: new Date(now) })
                .onConflictDoNothing();
              return false;
            }
            if (row.nextAt.getTime() > now) return false;
            // Moved forward from now, not from the missed time: a long outage is not replayed as a burst.
            await tx
              .update(scheduleTable)
              .set({ nextAt: new Date(now + item.everyMs), lastAt: new Date(now), lastError: null })
              .where(eq(scheduleTable.name, item.name));
            await item.run({ tx, now, log });
            return true;
          })) || any;
      } catch (error) {
        log.error({ err: error, schedule: item.name }, "schedule failed");
        await db
          .update(scheduleTable)
          .set({ nextAt: new Date(now + item.everyMs), lastError: String(error) })
          .where(eq(scheduleTable.name, item.name));
      }
    }
    return any;
  }

  async function drainReactions(): Promise<void> {
    let busy = true;
    while (busy && !abort.signal.aborted) {
      busy = false;
      for (const reaction of reactions) {
        while (!abort.signal.aborted && (await step(reaction))) busy = true;
      }
    }
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        await drainReactions();
        await runDueSchedules();
      } catch (error) {
        // The database is away: the loop goes on and finds everything at its cursors.
        log.warn({ err: error }, "runner waits for the database");
      }
      await bell.wait(clock, 1000, abort.signal);
    }
  }

  return {
    name: "runner",
    async start() {
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
    drain: drainReactions,
    async lag() {
      const behind: Record<string, number> = {};
      for (const { name, topics } of reactions) {
        const [row] = await db.execute<{ behind: number }>(sql`
          select count(*)::int as behind from fact
          where topic in ${[...topics]}
            and id > coalesce((select fact_id from reaction_cursor where name = ${name}), 0)`);
        behind[name] = row?.behind ?? 0;
      }
      return behind;
    },
  };
}
