import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { migrate } from "#db/migrate.ts";
import { databaseUser, startCluster } from "#server/launcher/postgres.ts";
import { chown, chmod } from "node:fs/promises";

/** Starts a throw-away cluster and makes the template that `testDb()` clones. */
export default async function setup(): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), "millwright-test-"));
  const user = await databaseUser();
  if (user !== null) await chown(dir, user.uid, user.gid);
  await chmod(dir, 0o755);
  const cluster = await startCluster({ dir, durable: false });
  const admin = postgres(cluster.url("postgres"), { max: 1, onnotice: () => {} });
  await admin.unsafe("create role app login password 'app'");
  await admin.unsafe("create database template_millwright");
  await admin.end();
  await migrate(cluster.url("template_millwright"));
  process.env["TEST_DATABASE_URL"] = cluster.url("template_millwright"); // oxlint-disable-line node/no-process-env
  return async () => {
    await cluster.stop("immediate");
    await rm(dir, { recursive: true, force: true });
  };
}
