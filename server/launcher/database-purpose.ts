import postgres from "postgres";
import { endWithin } from "#db/connection.ts";
import { isEmpty } from "./catalogue.ts";
import { Problem } from "./problem.ts";

interface Purpose {
  readonly demo: boolean;
  readonly speed: number;
  /** True for the cluster that we started ourselves. */
  readonly embedded: boolean;
}

/**
 * What a database is for stands in the setting `house`, written when it was empty.
 * @throws Problem when it is for something else
 */
export async function checkPurpose(sql: postgres.Sql, options: Purpose): Promise<void> {
  if (await isEmpty(sql)) return;
  const purpose = await readPurpose(sql);
  const wanted = options.demo ? "demo" : "plant";
  if (purpose === wanted) return;
  if (options.embedded && purpose === null) return;
  const what =
    purpose === null ? "tables that are not the demo's" : `a ${purpose === "demo" ? "demo" : "real plant"}`;
  if (options.demo)
    throw new Problem(
      `DATABASE_URL names a database that holds ${what}, and the demo fills only an empty one: start with DEMO=0, or name an empty database.`,
    );
  if (purpose === "demo")
    throw new Problem(
      "DATABASE_URL names a database that holds the demo: start with DEMO=1, or name another database for the real plant.",
    );
}

async function readPurpose(sql: postgres.Sql): Promise<string | null> {
  const [table] = await sql`select to_regclass('public.setting') is not null as there`;
  if (table?.["there"] !== true) return null;
  const [row] = await sql`select value->>'kind' as kind from setting where key = 'house'`;
  return (row?.["kind"] as string | undefined) ?? null;
}

export async function markPurpose(sql: postgres.Sql, options: Purpose): Promise<void> {
  const value = options.demo ? { kind: "demo", speed: options.speed } : { kind: "plant" };
  await sql`insert into setting (key, value) values ('house', ${sql.json(value)}) on conflict (key) do nothing`;
}

/** The demo's own mark: at which speed it was seeded, and whether the seeding came to its end. */
async function readDemo(ownerUrl: string): Promise<{ speed: number | null; seeded: boolean } | null> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  try {
    const [table] = await sql`select to_regclass('public.setting') is not null as there`;
    if (table?.["there"] !== true) return null;
    const [row] = await sql`
      select (value->>'speed')::float8 as speed, coalesce((value->>'seeded')::boolean, false) as seeded
      from setting where key = 'house'`;
    return row === undefined
      ? null
      : { speed: row["speed"] as number | null, seeded: row["seeded"] as boolean };
  } catch (error) {
    // 3D000: the database itself is not there yet.
    if ((error as { code?: string }).code === "3D000") return null;
    throw error;
  } finally {
    await sql.end(endWithin);
  }
}

export const demoIsSeeded = async (ownerUrl: string): Promise<boolean> =>
  (await readDemo(ownerUrl))?.seeded === true;

/** The demo's time constants are in the database, so it stays at the speed at which it was seeded. */
export const seededSpeed = async (ownerUrl: string): Promise<number | null> =>
  (await readDemo(ownerUrl))?.speed ?? null;

export async function markSeeded(ownerUrl: string): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`update setting set value = value || '{"seeded": true}' where key = 'house'`;
  } finally {
    await sql.end(endWithin);
  }
}
