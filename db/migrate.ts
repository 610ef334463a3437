import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { endWithin } from "./connection.ts";

const ours = join(dirname(fileURLToPath(import.meta.url)), "migrations");

/**
 * Brings a database up to date as its owner: each file of db/migrations once, in order, each in a transaction,
 * under an advisory lock. Refuses when a file that already ran was changed afterwards.
 * @param only runs just these (a restore first brings the database to where its backup was made)
 * @param folder where the files lie: another one than ours is for a test
 * @returns names of the migrations that ran now
 */
export async function migrate(
  ownerUrl: string,
  only?: ReadonlySet<string>,
  folder = ours,
): Promise<string[]> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  const ran: string[] = [];
  try {
    await sql`select pg_advisory_lock(7309)`;
    await sql`create table if not exists migration (name text primary key, hash text not null, at timestamptz not null default now())`;
    const done = new Map(
      (await sql`select name, hash from migration`).map((r) => [r["name"] as string, r["hash"] as string]),
    );
    const files = (await readdir(folder)).filter((f) => /^\d{4}_.*\.sql$/.test(f)).toSorted();
    for (const file of files) {
      const text = await readFile(join(folder, file), "utf8");
      const hash = createHash("sha256").update(text).digest("hex");
      const before = done.get(file);
      if (before === hash || only?.has(file) === false) continue;
      if (before !== undefined)
        throw new Error(`migration ${file} was changed after it ran on this database`);
      // One message is one transaction (PostgreSQL 53.2.2.1). The driver's own, after its connection was lost, would
      // send a rollback to nobody and end the process.
      await sql.unsafe(`${text};\ninsert into migration (name, hash) values ('${file}', '${hash}')`);
      ran.push(file);
    }
    await sql.unsafe(await readFile(join(ours, "grants.sql"), "utf8"));
  } finally {
    await sql.end(endWithin);
  }
  return ran;
}
