import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "./testing.ts";

/** What the role `app`, which everything but migrations uses, may not do. */
let handle: Awaited<ReturnType<typeof testDb>>;
let app: postgres.Sql;

beforeAll(async () => {
  handle = await testDb();
  const url = new URL(handle.url);
  url.username = "app";
  url.password = "app";
  app = postgres(url.href, { max: 2, onnotice: () => {} });
  await handle.db.$client.unsafe(
    "insert into audit (seq, at, actor, action, object_type, object_id, prev_hash, hash) values (1, now(), '{}', 'x', 'x', 'x', '', '')",
  );
});
afterAll(async () => {
  await app.end();
  await handle.close();
});

const denied = "42501";

test.each([
  "update audit set action = 'y'",
  "delete from audit",
  "truncate audit",
  "insert into migration (name, hash) values ('x', 'x')",
  "create table mine (id int)",
  "create schema mine",
  "alter table person add column x int",
  "drop table person",
  "create or replace function ensure_reading_partition(p_day date) returns boolean language sql as 'select true'",
  "drop trigger audit_no_change on audit",
  "alter table audit disable trigger all",
  "truncate reading",
  "drop table reading_default",
])("the application may not: %s", async (statement) => {
  await expect(app.unsafe(statement)).rejects.toMatchObject({ code: denied });
});

test("the audit is append-only even for its owner", async () => {
  await expect(handle.db.$client.unsafe("update audit set action = 'y'")).rejects.toThrow("append-only");
  await expect(handle.db.$client.unsafe("truncate audit")).rejects.toThrow("append-only");
});

test("the application may add to the audit, and makes and drops partitions through their functions only", async () => {
  await app.unsafe(
    "insert into audit (seq, at, actor, action, object_type, object_id, prev_hash, hash) values (2, now(), '{}', 'x', 'x', 'x', '', '')",
  );
  const [ahead] = await app.unsafe("select ensure_readings_ahead(now(), 3) as made");
  expect(ahead?.["made"]).toBe(5);
  await app.unsafe("select ensure_reading_partition((now() - interval '200 days')::date)");
  const [old] = await app.unsafe("select cardinality(apply_retention(now())) as dropped");
  expect(old?.["dropped"]).toBe(1);
  // A clock that runs ahead must not cost the plant its memory.
  const [ahead2] = await app.unsafe(
    "select cardinality(apply_retention(now() + interval '3 years')) as dropped",
  );
  expect(ahead2?.["dropped"]).toBe(0);
});

test("what a caller puts before the function's own names is not looked at", async () => {
  await app.unsafe("select set_config('search_path', 'pg_temp, public', false)");
  const [row] = await app.unsafe("select ensure_reading_partition('2031-01-01') as made");
  expect(row?.["made"]).toBe(true);
});
