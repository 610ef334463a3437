import type postgres from "postgres";

export interface CatalogueTable {
  readonly name: string;
  readonly columns: readonly string[];
}

type Sql = postgres.Sql | postgres.TransactionSql;

const ofExtension = `exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')`;
const inPublic = `c.relnamespace = 'public'::regnamespace and not ${ofExtension}`;

/** Tables that hold data of their own (a partitioned one stands for its parts), without generated columns. */
export async function listTables(sql: Sql): Promise<CatalogueTable[]> {
  const rows = await sql.unsafe(`
    select c.relname as name,
      (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
    from pg_class c
    where c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migration' and ${inPublic}
    order by c.relname`);
  return rows.map((row) => ({ name: row["name"] as string, columns: row["columns"] as string[] }));
}

export interface Partition {
  readonly parent: string;
  readonly name: string;
  /** e.g. `FOR VALUES FROM (…) TO (…)`, as the server itself writes it. */
  readonly bound: string;
}

export async function listPartitions(sql: Sql): Promise<Partition[]> {
  const rows = await sql.unsafe(`
    select p.relname as parent, c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_class c join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
    where c.relispartition and c.relkind in ('r', 'p') and ${inPublic}
    order by c.relname`);
  return rows.map((row) => ({
    parent: row["parent"] as string,
    name: row["name"] as string,
    bound: row["bound"] as string,
  }));
}

export interface Sequence {
  readonly name: string;
  readonly last: string;
  readonly called: boolean;
}

export async function listSequences(sql: Sql): Promise<Sequence[]> {
  const names = await sql.unsafe(
    `select c.relname as name from pg_class c where c.relkind = 'S' and ${inPublic} order by 1`,
  );
  const found: Sequence[] = [];
  for (const row of names) {
    const name = row["name"] as string;
    const [value] = await sql`select last_value::text as last, is_called as called from ${sql(name)}`;
    found.push({ name, last: value?.["last"] as string, called: value?.["called"] as boolean });
  }
  return found;
}

export async function listMigrations(sql: Sql): Promise<{ name: string; hash: string }[]> {
  const rows = await sql`select name, hash from migration order by name`;
  return rows.map((row) => ({ name: row["name"] as string, hash: row["hash"] as string }));
}

export interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** Foreign keys as they were declared (not the copies that partitions inherit). */
export async function listForeignKeys(sql: Sql): Promise<ForeignKey[]> {
  const rows = await sql.unsafe(`
    select c.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where k.contype = 'f' and k.conparentid = 0 and ${inPublic}`);
  return rows.map((row) => ({
    table: row["table"] as string,
    name: row["name"] as string,
    definition: row["definition"] as string,
  }));
}

/** Whether the database holds nothing of anybody. */
export async function isEmpty(sql: Sql): Promise<boolean> {
  const rows = await sql.unsafe(
    `select 1 from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S') and ${inPublic} limit 1`,
  );
  return rows.length === 0;
}
