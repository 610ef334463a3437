import postgres from "postgres";
import { endWithin } from "#db/connection.ts";
import { migrate } from "#db/migrate.ts";
import { isEmpty } from "./catalogue.ts";
import { Problem } from "./problem.ts";
import { ensureSecret, randomSecret } from "./secrets.ts";
import { exists } from "./postgres-binaries.ts";
import { checkPurpose, markPurpose } from "./database-purpose.ts";

const oldestVersion = 15;

/** Where this plant's data is, as owner (migrates) and as `app` (everything else). */
export interface DatabaseUrls {
  readonly owner: string;
  readonly app: string;
}

export interface DatabaseOptions {
  /** As owner, naming the database itself. */
  readonly ownerUrl: string;
  /** File of the role's password. */
  readonly appPasswordFile: string;
  readonly demo: boolean;
  readonly speed: number;
  /** True for the cluster that we started ourselves: it may be given databases and roles freely. */
  readonly embedded: boolean;
}

const quiet = { max: 1, onnotice: () => {}, connect_timeout: 10 };

export const databaseName = (demo: boolean): string => (demo ? "millwright_demo" : "millwright");

function withName(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

const nameOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

/** Creates the database on a cluster of ours if it is not there. */
export async function ensureDatabase(ownerUrl: string): Promise<void> {
  const sql = postgres(withName(ownerUrl, "postgres"), quiet);
  try {
    const name = nameOf(ownerUrl);
    const found = await sql`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await sql`create database ${sql(name)}`;
  } finally {
    await sql.end(endWithin);
  }
}

/**
 * Takes everything out of the demo's database: of a cluster of ours it is dropped; of a server of others only what
 * the demo itself made. @throws Problem when it holds something else
 */
export async function wipeDemo(ownerUrl: string, embedded: boolean): Promise<void> {
  if (embedded) return dropDatabase(ownerUrl);
  const sql = postgres(ownerUrl, quiet);
  try {
    if (await isEmpty(sql)) return;
    await checkPurpose(sql, { demo: true, speed: 0, embedded });
    await sql.begin(async (tx) => {
      await tx`drop schema public cascade`;
      await tx`create schema public`;
    });
  } finally {
    await sql.end(endWithin);
  }
}

/** Drops a database. Only ever called for a cluster of ours. */
export async function dropDatabase(ownerUrl: string): Promise<void> {
  const sql = postgres(withName(ownerUrl, "postgres"), quiet);
  try {
    await sql`drop database if exists ${sql(nameOf(ownerUrl))} with (force)`;
  } finally {
    await sql.end(endWithin);
  }
}

/**
 * Makes the database ready for this release: checks that it may be used for this, makes the role `app`, migrates.
 * @returns the urls, and which migrations ran now
 */
export async function prepareDatabase(
  options: DatabaseOptions,
): Promise<DatabaseUrls & { readonly migrations: readonly string[] }> {
  if (options.embedded) await ensureDatabase(options.ownerUrl);
  else await checkReachable(options.ownerUrl);
  const sql = postgres(options.ownerUrl, quiet);
  try {
    await checkPurpose(sql, options);
    const password = await ensureAppRole(sql, options);
    const migrations = await migrate(options.ownerUrl).catch((error: Error) => {
      if (!error.message.includes("was changed after it ran")) throw error;
      const way = options.demo
        ? "start with --fresh to make the demo anew"
        : "go back to the release that made it";
      throw new Problem(`This database was made by other code than this (${error.message}): ${way}.`);
    });
    await markPurpose(sql, options);
    const app = new URL(options.ownerUrl);
    app.username = "app";
    app.password = password;
    return { owner: options.ownerUrl, app: app.href, migrations };
  } finally {
    await sql.end(endWithin);
  }
}

/** @throws Problem when no PostgreSQL that we can use answers there */
export async function checkReachable(ownerUrl: string): Promise<void> {
  if (!/^postgres(ql)?:\/\/[^/]+\/.+/.test(ownerUrl) || !URL.canParse(ownerUrl))
    throw new Problem(
      "The setting DATABASE_URL is wrong: it must read postgres://USER:PASSWORD@HOST:PORT/DATABASE.",
    );
  const sql = postgres(ownerUrl, quiet);
  let version: number;
  try {
    const [row] = await sql`select current_setting('server_version_num')::int as version`;
    version = Math.floor(Number(row?.["version"]) / 10_000);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const why = code === "ECONNREFUSED" ? "nothing answers there" : message || (code ?? "unknown error");
    throw new Problem(`The database of DATABASE_URL cannot be used: ${why}.`);
  } finally {
    await sql.end(endWithin);
  }
  if (version < oldestVersion)
    throw new Problem(
      `The database of DATABASE_URL is PostgreSQL ${version}; Millwright needs ${oldestVersion} or newer.`,
    );
}

/**
 * The role that everything but the migrations uses. On a server of others, a role `app` that we did not make is
 * left as it is: it may be the life of another plant.
 */
async function ensureAppRole(sql: postgres.Sql, options: DatabaseOptions): Promise<string> {
  const known = await exists(options.appPasswordFile);
  const [role] = await sql`select 1 as one from pg_roles where rolname = 'app'`;
  if (role !== undefined && !known && !options.embedded)
    throw new Problem(
      `The server of DATABASE_URL already has a role "app": put its password into ${options.appPasswordFile} (mode 0600), or drop the role.`,
    );
  const password = await ensureSecret(options.appPasswordFile, randomSecret);
  if (!/^[0-9A-Za-z_-]+$/.test(password))
    throw new Problem(`The password in ${options.appPasswordFile} must be made of letters, digits, - and _.`);
  try {
    if (role === undefined) await sql.unsafe(`create role app login password '${password}'`);
    else if (options.embedded) await sql.unsafe(`alter role app login password '${password}'`);
    await sql`grant connect on database ${sql(nameOf(options.ownerUrl))} to app`;
  } catch (error) {
    if ((error as { code?: string }).code !== "42501") throw error;
    throw new Problem(
      `The user of DATABASE_URL may not make roles: as an administrator run \`create role app login password '…'\`, and put that password into ${options.appPasswordFile} (mode 0600).`,
    );
  }
  return password;
}
