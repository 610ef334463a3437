import postgres from "postgres";
import { endWithin } from "#db/connection.ts";
import { type Config, parseConfig } from "#server/core/config.ts";
import { isEmpty } from "./catalogue.ts";
import { databaseName } from "./database.ts";
import type { Folders } from "./folders.ts";
import { attachCluster, type Cluster, startCluster } from "./postgres.ts";
import { exists } from "./postgres-binaries.ts";
import { Problem } from "./problem.ts";

export function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    throw new Problem((error as Error).message);
  }
}

/** The plant's own cluster: the running one, or one started for as long as this command needs it. */
export async function openCluster(folders: Folders): Promise<Cluster> {
  return (await attachCluster(folders.database)) ?? startCluster({ dir: folders.database });
}

/** Where the data to save is, as its owner. `close` leaves a running plant alone. */
export async function openSource(
  config: Config,
  folders: Folders,
): Promise<{ ownerUrl: string; close(): Promise<void> }> {
  if (config.DATABASE_URL !== undefined) return { ownerUrl: config.DATABASE_URL, close: async () => {} };
  if (!(await exists(folders.database)))
    throw new Problem(
      `There is no ${config.DEMO ? "demo" : "plant"} in ${folders.house}: name its DATA_DIR${config.DEMO ? ", or DEMO=0 for a real plant" : ""}.`,
    );
  const cluster = await openCluster(folders);
  return { ownerUrl: cluster.url(databaseName(config.DEMO)), close: () => cluster.stop() };
}

export interface RestoreTarget {
  readonly ownerUrl: string;
  /** Makes what was loaded the plant's database. */
  keep(): Promise<void>;
  /** Takes back what a failed restore has made. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

const occupied = (where: string): Problem =>
  new Problem(`${where} holds data, and a restore never overwrites: name an empty DATA_DIR or database.`);

/**
 * An empty database to load into. In a cluster of ours it gets its name only when all is loaded, so that a broken
 * off restore is never taken for a plant. @throws Problem when there is data
 */
export async function openTarget(config: Config, folders: Folders): Promise<RestoreTarget> {
  if (config.DATABASE_URL !== undefined) return openForeign(config.DATABASE_URL);
  const cluster = await startCluster({ dir: folders.database });
  const name = databaseName(config.DEMO);
  const loading = `${name}_restoring`;
  const admin = postgres(cluster.url("postgres"), { max: 1, onnotice: () => {} });
  const found = await admin`select 1 from pg_database where datname = ${name}`;
  if (found.length > 0 && !(await hasNothing(cluster.url(name)))) {
    await admin.end(endWithin);
    await cluster.stop();
    throw occupied(`The database ${name} in ${folders.house}`);
  }
  await admin`drop database if exists ${admin(loading)} with (force)`;
  await admin`create database ${admin(loading)}`;
  return {
    ownerUrl: cluster.url(loading),
    keep: async () => {
      await admin`drop database if exists ${admin(name)} with (force)`;
      await admin`alter database ${admin(loading)} rename to ${admin(name)}`;
    },
    discard: async () => void (await admin`drop database if exists ${admin(loading)} with (force)`),
    close: async () => {
      await admin.end(endWithin);
      await cluster.stop();
    },
  };
}

async function hasNothing(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await isEmpty(sql);
  } finally {
    await sql.end(endWithin);
  }
}

async function openForeign(ownerUrl: string): Promise<RestoreTarget> {
  if (!(await hasNothing(ownerUrl))) throw occupied("The database of DATABASE_URL");
  return {
    ownerUrl,
    keep: async () => {},
    discard: async () => {
      // It was empty when we came.
      const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
      await sql`drop schema public cascade`;
      await sql`create schema public`;
      await sql.end(endWithin);
    },
    close: async () => {},
  };
}
