import { desc, sql } from "drizzle-orm";
import type { z } from "zod";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, textArray } from "#db/sql.ts";
import { backupRun, diskSample } from "#db/schema/core/house.ts";
import {
  type BackupPlan as Plan,
  BackupPlan,
  type BackupRun,
  type BackupView,
  defaultBackupPlan,
} from "./backup.contract.ts";
import { type BackupFacts, isOld, nextSlot } from "./backup.rules.ts";
import type { HouseView } from "./house.contract.ts";
import { defaultRetention, Retention, type RetentionView } from "./retention.contract.ts";
import { type DiskSample, defaultSpaceLimits, SpaceLimits, type SpaceView } from "./space.contract.ts";
import { growthPerDay, isShort, samplesThatCount, spaceLeft, usedBytes } from "./space.rules.ts";

type Reader = Db | Tx;

/** A setting as it stands, with the defaults for what it does not say. */
async function readSetting<T extends object>(
  db: Reader,
  key: string,
  schema: z.ZodType<T>,
  standard: T,
): Promise<T> {
  const [row] = await db.execute<{ value: Record<string, unknown> }>(
    sql`select value from setting where key = ${key}`,
  );
  const known = Object.keys(standard).flatMap((name) =>
    row?.value[name] === undefined ? [] : [[name, row.value[name]]],
  );
  const parsed = schema.safeParse({ ...standard, ...Object.fromEntries(known) });
  return parsed.success ? parsed.data : standard;
}

export const readBackupPlan = (db: Reader): Promise<Plan> =>
  readSetting(db, "backup", BackupPlan, defaultBackupPlan);
export const readSpaceLimits = (db: Reader): Promise<SpaceLimits> =>
  readSetting(db, "space", SpaceLimits, defaultSpaceLimits);
export const readRetention = (db: Reader): Promise<Retention> =>
  readSetting(db, "retention", Retention, defaultRetention);

/** Time zone of the works; UTC before it is named. */
export async function houseZone(db: Reader): Promise<string> {
  const [row] = await db.execute<{ zone: string }>(
    sql`select time_zone as zone from equipment where level = 'site' and time_zone is not null order by id limit 1`,
  );
  return row?.zone ?? "UTC";
}

/** When this plant's database was made, ms. */
async function houseSince(db: Reader, now: number): Promise<number> {
  const [row] = await db.execute<{ at: number }>(
    sql`select ${epochMs(sql`least((select at from setting where key = 'house'), (select min(at) from migration))`)} as at`,
  );
  return row?.at ?? now;
}

type Row = typeof backupRun.$inferSelect;

const viewOf = (row: Row): BackupRun => ({
  id: row.id,
  cause: row.cause,
  state: row.state,
  askedAt: row.askedAt.getTime(),
  startedAt: row.startedAt?.getTime() ?? null,
  endedAt: row.endedAt?.getTime() ?? null,
  folder: row.folder,
  bytes: row.bytes,
  rows: row.rows,
  problem: row.problem as BackupRun["problem"],
  goneAt: row.goneAt?.getTime() ?? null,
});

/** The newest attempts, newest first. */
async function backupRuns(db: Reader, limit: number): Promise<BackupRun[]> {
  const rows = await db.select().from(backupRun).orderBy(desc(backupRun.askedAt)).limit(limit);
  return rows.map(viewOf);
}

/** What the rules of backups decide from. */
export async function backupFacts(
  db: Reader,
  now: number,
): Promise<BackupFacts & { timeZone: string; askedAt: number | null; runs: BackupRun[] }> {
  const runs = await backupRuns(db, 200);
  const good = runs.find((run) => run.state === "good" && run.goneAt === null);
  const ended = runs.find((run) => run.endedAt !== null);
  const failure = ended?.state === "failed" ? ended : undefined;
  return {
    plan: await readBackupPlan(db),
    now,
    houseSince: await houseSince(db, now),
    busy: runs.some((run) => run.state === "asked" || run.state === "running"),
    lastGoodAt: good?.startedAt ?? null,
    lastFailure:
      failure === undefined
        ? null
        : {
            at: failure.endedAt ?? failure.askedAt,
            problem: failure.problem ?? "other",
            folder: failure.folder,
          },
    timeZone: await houseZone(db),
    askedAt: runs.find((run) => run.cause === "schedule")?.askedAt ?? null,
    runs,
  };
}

async function readBackups(db: Reader, now: number): Promise<BackupView> {
  const { runs, timeZone, ...facts } = await backupFacts(db, now);
  return {
    plan: facts.plan,
    timeZone,
    nextAt: facts.plan.enabled ? nextSlot(facts.plan, timeZone, now) : null,
    busy: facts.busy,
    lastGood: runs.find((run) => run.state === "good" && run.goneAt === null) ?? null,
    failed: facts.lastFailure === null ? null : (runs.find((run) => run.state === "failed") ?? null),
    old: isOld(facts),
    runs: runs.slice(0, 8),
  };
}

/** How full the disk is and how long it lasts. */
export async function readSpace(db: Reader): Promise<SpaceView> {
  const rows = await db.select().from(diskSample).orderBy(desc(diskSample.day)).limit(40);
  const samples = rows.map((row): DiskSample => {
    const { freeBytes, totalBytes, databaseBytes } = row;
    return { at: row.at.getTime(), freeBytes, totalBytes, databaseBytes };
  });
  const counted = samplesThatCount(samples);
  const newest = counted.at(-1) ?? null;
  const diskPerDay = growthPerDay(counted, usedBytes);
  const left = spaceLeft(newest?.freeBytes ?? 0, newest === null ? null : diskPerDay);
  const limits = await readSpaceLimits(db);
  return {
    limits,
    now: newest,
    days: counted.length,
    left,
    diskPerDay,
    databasePerDay: growthPerDay(counted, (sample) => sample.databaseBytes),
    short: newest !== null && isShort(newest, left, limits),
  };
}

async function readKept(db: Reader, now: number, readers: readonly string[]): Promise<RetentionView> {
  const held = await db.execute<{ what: string; since: number }>(sql`
    select what, ${epochMs(sql`since`)} as since from retention_held(${instant(now)}, ${textArray(readers)}) order by since`);
  const [oldest] = await db.execute<{ day: string | null }>(sql`
    select to_char(to_date(min(right(c.relname, 8)), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'reading'::regclass and c.relname ~ '^reading_\\d{8}$'`);
  return {
    setting: await readRetention(db),
    // What was read a moment ago is no hold: a consumer is always a little behind.
    held: held.filter(({ since }) => since < now - 3_600_000),
    oldestDay: oldest?.day ?? null,
  };
}

/** @param readers the consumers that live now, by name */
export async function readHouse(db: Reader, now: number, readers: readonly string[]): Promise<HouseView> {
  return {
    at: now,
    backup: await readBackups(db, now),
    space: await readSpace(db),
    retention: await readKept(db, now, readers),
  };
}
