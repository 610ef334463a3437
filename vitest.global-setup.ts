import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { migrate } from "#db/migrate.ts";
import { startCluster } from "#server/launcher/postgres.ts";

/** Starts a throw-away cluster and makes the template that `testDb()` clones. */
export default async function setup(): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), "millwright-test-"));
  // As root the server runs as another user, who must be able to pass.
  await chmod(dir, 0o711);
  const cluster = await startCluster({ dir, durable: false });
  const admin = postgres(cluster.url("postgres"), { max: 1, onnotice: () => {} });
  await admin.unsafe("create role app login password 'app'");
  await admin.unsafe("create database template_millwright");
  await admin.end();
  await migrate(cluster.url("template_millwright"));
  process.env["TEST_DATABASE_URL"] = cluster.url("template_millwright");
  return async () => {
    await cluster.stop("immediate");
    await rm(dir, { recursive: true, force: true });
  };
}
