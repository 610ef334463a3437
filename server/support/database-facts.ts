import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Known, secretsIn } from "./scrub.rules.ts";

/** What the database knows that must not leave the plant: names, codes and badges of people, tokens, sources' passwords. */
export async function knownToDatabase(db: Db): Promise<Known> {
  const people = await db.execute<{ text: string }>(sql`
    select name as text from person union select code from person union select badge from person_badge
    union select actor ->> 'name' from audit where person_id is not null`);
  const tokens = await db.execute<{ text: string | null }>(sql`
    select token as text from user_session union select password from credential
    union select value from verification union select hash from person_pin
    union select encode(token_hash, 'hex') from badge_session union select encode(token_hash, 'hex') from station_token
    union select encode(code_hash, 'hex') from station_code union select encode(token_hash, 'hex') from edge
    union select encode(token_hash, 'hex') from source`);
  const values = await db.execute<{ value: unknown }>(
    sql`select config as value from source union all select value from setting`,
  );
  const texts = (rows: readonly { text: string | null }[]) =>
    rows.flatMap(({ text }) => (text === null || text === "" ? [] : [text]));
  return {
    people: texts([...people]),
    secrets: [...texts([...tokens]), ...values.flatMap(({ value }) => secretsIn(value))],
  };
}

/** What helps somebody far away to see how the database is: its shape, its sizes, what is late. No rows of the plant. */
export async function factsOfDatabase(db: Db): Promise<object> {
  const rows = async (query: ReturnType<typeof sql>) => [...(await db.execute(query))];
  return {
    server: await rows(sql`select version() as version, pg_database_size(current_database())::float8 as bytes,
      current_setting('max_connections') as "maxConnections"`),
    migrations: await rows(sql`select name, left(hash, 12) as begins, at from migration order by name`),
    tables: await rows(sql`
      select c.relname as name, count(*)::int as parts, sum(pg_total_relation_size(p.oid))::float8 as bytes,
        sum(greatest(p.reltuples, 0))::float8 as "rowsAbout"
      from pg_class c
      cross join lateral (select c.oid, c.reltuples where c.relkind = 'r'
        union all select k.oid, k.reltuples from pg_inherits i join pg_class k on k.oid = i.inhrelid
          where i.inhparent = c.oid) p
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      group by 1 order by 3 desc`),
    settings: await rows(sql`select key, value, at from setting order by key`),
    schedules: await rows(sql`select name, next_at, last_at, last_error from schedule order by name`),
    reactions: await rows(
      sql`select name, fact_id, failures, next_attempt_at, last_error from reaction_cursor order by name`,
    ),
    parkedFacts: await rows(
      sql`select reaction, fact_id, error, at from parked_fact order by at desc limit 100`,
    ),
    parkedReadings: await rows(
      sql`select consumer, tag_id, error, at from parked_reading order by id desc limit 100`,
    ),
    deadLetters: await rows(
      sql`select reason, state, count(*)::int as letters from dead_letter group by 1, 2 order by 1`,
    ),
    sources: await rows(
      sql`select driver, enabled, count(*)::int as sources from source group by 1, 2 order by 1`,
    ),
    openAlarms: await rows(
      sql`select kind, state, count(*)::int as alarms from alarm where state <> 'normal' group by 1, 2 order by 1`,
    ),
    backups: await rows(sql`
      select cause, state, asked_at, started_at, ended_at, bytes, rows, problem, detail, gone_at
      from backup_run order by asked_at desc limit 20`),
    disk: await rows(sql`select * from disk_sample order by day desc limit 40`),
  };
}
