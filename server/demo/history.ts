import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { setting } from "#db/schema/core/core.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import { plantMachines } from "#server/device/simulator/layout.ts";
import { expandAllShifts } from "#server/execution/shifts/expand.ts";
import { shiftsBetween } from "#server/execution/shifts/shifts.queries.ts";
import { historyPhases, makeRoom } from "./history-fill.ts";

export interface HistoryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly speed: number;
}

/** How far back the past goes. */
export const historyDays = 30;
const historySetting = "demo.history";
/** Between two phases the live plant has the processors to itself for so many times as long. */
const breaths = 3;

export interface History extends Service {
  /** Fills what is missing and returns; for tests. `days` = only the newest so many. */
  fill(days?: number): Promise<void>;
}

/**
 * Gives the demo plant its past, newest day first, in the background and after the first live value: readings are
 * invented, everything else is derived from them by the plant's own code. Resumable: each phase of each day of each machine is
 * a transaction that also says that it is done, short enough that the live plant never waits long for its locks. Nothing of it is live, so no alarm and no fact for screens follows.
 */
export function createHistory(deps: HistoryDeps): History {
  const { db, clock, log } = deps;
  const abort = new AbortController();
  let loop: Promise<void> | undefined;

  async function fill(days = historyDays): Promise<void> {
    const blocks = await blocksOf(db, days);
    const there = new Set((await db.select({ code: workUnit.code }).from(workUnit)).map(({ code }) => code));
    for (const [index, block] of blocks.entries()) {
      await makeRoom(db, block);
      // A demo that an earlier release seeded has not all of them.
      for (const machine of plantMachines.filter(({ code }) => there.has(code))) {
        const asked = { ...deps, machine, block, index };
        for (const [phase, work] of Object.entries(historyPhases)) {
          if (abort.signal.aborted) return;
          const began = clock.monotonic();
          const filled = await db.transaction((tx) =>
            onceOnly(tx, `${machine.code}/${index}/${phase}`, () => work(tx, asked)),
          );
          if (filled) await clock.sleep(breaths * (clock.monotonic() - began), abort.signal);
        }
      }
      log.debug({ day: index + 1, of: blocks.length }, "a day of the past stands");
    }
  }

  return {
    name: "demo history",
    fill,
    start() {
      loop = (async () => {
        while (!abort.signal.aborted) {
          try {
            if (await plantIsLive(db)) {
              await fill();
              return;
            }
          } catch (error) {
            log.warn({ err: error }, "the demo's past waits");
          }
          await clock.sleep(3000, abort.signal);
        }
      })();
    },
    async stop() {
      abort.abort();
      await loop;
    },
  };
}

async function plantIsLive(db: Db): Promise<boolean> {
  const [row] = await db.execute<{ live: boolean }>(sql`select exists (select from ingest_log) as live`);
  return row?.live ?? false;
}

/** Runs `work` unless its key is done, and marks it done in the same transaction. @returns whether it ran */
async function onceOnly(tx: Tx, key: string, work: () => Promise<void>): Promise<boolean> {
  await tx.execute(
    sql`insert into setting (key, value) values (${historySetting}, '{}') on conflict do nothing`,
  );
  const [row] = await tx.select().from(setting).where(eq(setting.key, historySetting)).for("update");
  if ((row?.value as Record<string, unknown> | undefined)?.[key] === true) return false;
  await work();
  await tx.execute(sql`
    update setting set value = value || jsonb_build_object(${key}::text, true) where key = ${historySetting}`);
  return true;
}

export interface Block {
  readonly from: number;
  readonly to: number;
}

/**
 * Production days before the demo began, newest first; the first is the part of its own day that had passed. They are
 * cut where early shifts begin, so that no shift lies in two of them.
 */
async function blocksOf(db: Db, days: number): Promise<Block[]> {
  const [mark] = await db.execute<{ at: number }>(
    sql`select (value ->> 'seededAt')::float8 as at from setting where key = 'demo'`,
  );
  if (mark === undefined) return [];
  await db.transaction((tx) => expandAllShifts(tx, mark.at, -historyDays - 1, 1));
  const [line] = await db.execute<{ id: number }>(
    sql`select min(id) as id from equipment where level = 'line'`,
  );
  const shifts = await shiftsBetween(db, mark.at - (historyDays + 1) * 86_400_000, mark.at, line?.id ?? 0);
  const starts = shifts
    .filter((s) => s.name === "Early")
    .map((s) => s.start)
    .toReversed();
  // What is live begins with the plant; the past ends where the first state was heard.
  const [live] = await db.execute<{ at: number | null }>(
    sql`select ${epochMs(sql`min(lower(during))`)} as at from machine_state where lower(during) >= ${instant(mark.at - 60_000)}`,
  );
  const end = Math.min(mark.at, (live?.at ?? mark.at) - 1000);
  return starts.slice(0, days).map((from, i) => ({ from, to: i === 0 ? end : (starts[i - 1] ?? end) }));
}
