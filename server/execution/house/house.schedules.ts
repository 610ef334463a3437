import { statfs } from "node:fs/promises";
import { and, eq, ne, sql } from "drizzle-orm";
import { instant, textArray } from "#db/sql.ts";
import { diskSample } from "#db/schema/core/house.ts";
import { alarm } from "#db/schema/execution/alarms.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import type { ReactionContext, Schedule } from "#server/core/runner.ts";
import { clearAlarm, raiseAlarm } from "../alarms/alarms.commands.ts";
import type { AlarmKind, RaiseAlarm } from "../alarms/alarms.contract.ts";
import { askNightBackup } from "./backup.commands.ts";
import { isNightDue, isOld } from "./backup.rules.ts";
import { backupFacts, readSpace } from "./house.queries.ts";

const actor = serviceActor("house");
const minute = 60_000;
const hour = 60 * minute;

export interface HouseDeps {
  /** A folder on the data's disk. */
  readonly dataDir: string;
  /** Every consumer of readings, by name: nothing goes that one of them has not read. */
  readonly readers: readonly string[];
}

/** Backups at night, the disk's daily sample, the end of what is old, and the alarms of all that. */
export function houseSchedules({ dataDir, readers }: HouseDeps): Schedule[] {
  return [
    { name: "house.night", everyMs: minute, run: askAtNight },
    { name: "house.space", everyMs: 10 * minute, run: (context) => sampleSpace(context, dataDir) },
    { name: "house.watch", everyMs: minute, run: watch },
    { name: "house.retention", everyMs: hour, run: (context) => dropOld(context, readers) },
    { name: "house.trim", everyMs: minute, run: (context) => trimOld(context, readers) },
  ];
}

async function askAtNight({ tx, now, log }: ReactionContext): Promise<void> {
  const facts = await backupFacts(tx, now);
  if (!isNightDue(facts)) return;
  await askNightBackup.within({ tx, now, actor }, crypto.randomUUID(), {});
  log.info("the night's backup is asked for");
}

async function sampleSpace({ tx, now }: ReactionContext, dataDir: string): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(dataDir);
  const [size] = await tx.execute<{ bytes: number }>(
    sql`select pg_database_size(current_database())::float8 as bytes`,
  );
  const sample = {
    at: new Date(now),
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
    databaseBytes: size?.bytes ?? 0,
  };
  await tx
    .insert(diskSample)
    .values({ day: new Date(now).toISOString().slice(0, 10), ...sample })
    .onConflictDoUpdate({ target: diskSample.day, set: sample });
}

type Condition = Pick<RaiseAlarm, "priority" | "since" | "params">;

/** One condition of the house is one alarm; when it is over it settles by itself. */
async function follow(
  { tx, now }: ReactionContext,
  kind: AlarmKind,
  condition: Condition | null,
): Promise<void> {
  const [open] = await tx
    .select({ active: alarm.active })
    .from(alarm)
    .where(and(eq(alarm.key, kind), ne(alarm.state, "normal")));
  if (condition === null) {
    if (open?.active === true)
      await clearAlarm.within({ tx, now, actor }, crypto.randomUUID(), { key: kind, at: now });
  } else if (open?.active !== true) {
    await raiseAlarm.within({ tx, now, actor }, crypto.randomUUID(), {
      key: kind,
      kind,
      machineId: null,
      tagId: null,
      deviationId: null,
      causeRuleId: null,
      instructionCode: null,
      blocksChanges: false,
      ...condition,
    });
  }
}

async function watch(context: ReactionContext): Promise<void> {
  const { tx, now } = context;
  const facts = await backupFacts(tx, now);
  const { lastFailure, lastGoodAt, houseSince, busy } = facts;
  const failed =
    lastFailure === null
      ? null
      : {
          priority: 3 as const,
          since: lastFailure.at,
          params: { problem: lastFailure.problem, folder: lastFailure.folder ?? "" },
        };
  await follow(context, "backup_failed", failed);
  const old = isOld(facts);
  // One that is being made decides first.
  if (!old || !busy) {
    const since = Math.max(lastGoodAt ?? 0, houseSince);
    const hours = Math.floor((now - since) / hour);
    const params = { hours, ever: lastGoodAt === null ? "no" : "yes" };
    await follow(context, "backup_old", old ? { priority: 3, since, params } : null);
  }
  const { now: sample, left, short } = await readSpace(tx);
  const room =
    sample === null || !short
      ? null
      : {
          priority: 2 as const,
          since: sample.at,
          params: {
            gigabytes: Math.round(sample.freeBytes / 1e8) / 10,
            percent: Math.round((sample.freeBytes / sample.totalBytes) * 100),
            days: left.kind === "days" ? left.days : -1,
          },
        };
  await follow(context, "disk_space", room);
}

async function dropOld({ tx, now, log }: ReactionContext, readers: readonly string[]): Promise<void> {
  const rows = await tx.execute<{ name: string }>(
    sql`select unnest(apply_retention(${instant(now)}, ${textArray(readers)})) as name`,
  );
  if (rows.length > 0) log.info({ dropped: rows.map((row) => row.name) }, "old readings dropped");
}

/** Rows in one transaction; what is left is the next round's. */
const mostRows = 20_000;

async function trimOld({ tx, now, log }: ReactionContext, readers: readonly string[]): Promise<void> {
  const rows = await tx.execute<{ kind: string; deleted: number }>(
    sql`select kind, deleted from trim_old(${instant(now)}, ${textArray(readers)}, ${mostRows}) where deleted > 0`,
  );
  if (rows.length > 0)
    log.info({ deleted: Object.fromEntries(rows.map((r) => [r.kind, r.deleted])) }, "trimmed");
}
