import type postgres from "postgres";
import { listTables } from "./catalogue.ts";

// For tests: rows in every table of whatever migrations there are. Row 1 has 1 (or the same uuid) wherever it has a
// number or a uuid, so that every foreign key finds its row; row 2 has 2.

interface Column {
  readonly name: string;
  readonly type: string;
  readonly place: number;
  readonly nullable: boolean;
  /** Part of a primary or foreign key: its value is the same wherever it stands. */
  readonly key: boolean;
  /** The words that a check allows. */
  readonly allowed: readonly string[];
  readonly array: boolean;
}

async function columnsOf(sql: postgres.Sql, table: string): Promise<Column[]> {
  const rows = await sql`
    select a.attname as name, format_type(a.atttypid, null) as type, a.attnum::int as place, not a.attnotnull as nullable,
      exists (select 1 from pg_constraint k where k.conrelid = a.attrelid and k.contype in ('p', 'f')
        and a.attnum = any (k.conkey)) as key,
      (select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
        where k.conrelid = a.attrelid and k.contype = 'c' and k.conkey = array[a.attnum]) as checks
    from pg_attribute a
    where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    order by a.attnum`;
  return rows.map((row) => ({
    name: row["name"] as string,
    type: row["type"] as string,
    place: row["place"] as number,
    nullable: row["nullable"] as boolean,
    key: row["key"] as boolean,
    array: ((row["checks"] as string | null) ?? "").includes("jsonb_array_length"),
    allowed: [...((row["checks"] as string | null) ?? "").matchAll(/'([^']*)'::text/g)].map(
      (m) => m[1] ?? "",
    ),
  }));
}

/** Awkward on purpose: what COPY must quote, and more than one alphabet. */
const words = (row: number): string => `row ${row}\t"tab"\\N\nnew line; 部品 مكبس 🏭`;

/** How numbers that are no keys are chosen: all alike, rising from column to column, or a share of one. */
const manners = ["alike", "rising", "share"] as const;
type Manner = (typeof manners)[number];

function number(column: Column, row: number, manner: Manner): string {
  if (column.key || manner === "alike") return String(row);
  if (manner === "rising") return String(row + column.place);
  return /int|serial/.test(column.type) ? String(row) : "0.5";
}

function literal(column: Column, row: number, manner: Manner): string {
  const { type, place } = column;
  const instant = (plus: number) => `2026-01-0${row + plus}T00:${String(place).padStart(2, "0")}:00.123456Z`;
  if (type === "text" || type.startsWith("character"))
    return column.allowed[(row - 1) % Math.max(1, column.allowed.length)] ?? words(row);
  if (/^(smallint|integer|bigint|numeric|double precision|real)$/.test(type))
    return number(column, row, manner);
  if (type === "uuid") return `00000000-0000-4000-8000-00000000000${row}`;
  if (type === "boolean") return "true";
  if (type.startsWith("timestamp")) return instant(0);
  if (type === "date") return `2026-01-0${row}`;
  if (type.startsWith("time")) return `0${row}:00`;
  if (type === "interval") return `${row} hours`;
  if (type === "jsonb" || type === "json") {
    const value = { row, words: words(row), none: null };
    return JSON.stringify(column.array ? [value, value, value] : value);
  }
  if (type === "bytea") return `\\x00ff0${row}`;
  if (type === "tstzrange") return `[${instant(0)},${instant(1)})`;
  if (type === "tstzmultirange") return `{[${instant(0)},${instant(1)})}`;
  if (type === "text[]") return `{a,"b ${row}"}`;
  if (/^(smallint|integer|bigint|double precision|numeric)\[\]$/.test(type)) return `{${row},${row}}`;
  if (type === "uuid[]") return `{00000000-0000-4000-8000-00000000000${row}}`;
  throw new Error(`no example of the type ${type} yet: add one to testing-rows.ts`);
}

/** Which columns to leave null, tried in this order until the table's checks are content. */
function* nullings(columns: readonly Column[]): Generator<ReadonlySet<string>> {
  const free = columns.filter((c) => c.nullable).map((c) => c.name);
  yield new Set();
  for (const one of free) yield new Set([one]);
  yield new Set(free);
  for (const [i, one] of free.entries()) for (const two of free.slice(i + 1)) yield new Set([one, two]);
  for (const kept of free) yield new Set(free.filter((name) => name !== kept));
}

/** Values that no type can tell, per table and column. */
const examples: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  rollup: { level: ["10", "60"] },
};

/** @throws Error naming the table for which no row could be made @param skip tables that are left as they are */
export async function fillEveryTable(
  sql: postgres.Sql,
  skip: ReadonlySet<string> = new Set(),
): Promise<readonly string[]> {
  await sql`set session_replication_role = replica`;
  const tables = await listTables(sql);
  for (const { name } of tables.filter((table) => !skip.has(table.name))) {
    const columns = await columnsOf(sql, name);
    for (const row of [1, 2]) await insertSome(sql, name, columns, row);
  }
  await sql`set session_replication_role = default`;
  return tables.map(({ name }) => name);
}

async function insertSome(
  sql: postgres.Sql,
  table: string,
  columns: readonly Column[],
  row: number,
): Promise<void> {
  let last: unknown;
  for (const empty of nullings(columns)) {
    for (const manner of manners) {
      const given = columns.filter((c) => !empty.has(c.name));
      const values = given.map((c) => examples[table]?.[c.name]?.[row - 1] ?? literal(c, row, manner));
      const names = given.map((c) => `"${c.name}"`).join(", ");
      const places = given.map((c, i) => `$${i + 1}::text::${c.type}`).join(", ");
      try {
        await sql.unsafe(
          `insert into "${table}" (${names}) overriding system value values (${places})`,
          values,
        );
        return;
      } catch (error) {
        // 23514: a check is not content, so try another form; 23505: the migrations put this row there already.
        const { code } = error as { code?: string };
        if (code === "23505") return;
        if (code !== "23514") throw new Error(`${table}: ${(error as Error).message}`, { cause: error });
        last = error;
      }
    }
  }
  throw new Error(`${table}: no row fits its checks; add one to the examples (${String(last)})`);
}
