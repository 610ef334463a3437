import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDb } from "#db/client.ts";
import { systemClock } from "#server/core/clock.ts";
import { parseConfig } from "#server/core/config.ts";
import { createLogger } from "#server/core/log.ts";
import { ensureIdentity } from "#server/device/opcua/identity.ts";
import { cellName, cellUrl } from "#server/device/simulator/opcua-nodes.ts";
import { seedDemo } from "./seed.ts";

/** Run once by the launcher, which shows how far it is. */
const env = process.env; // oxlint-disable-line node/no-process-env -- the one place
const config = parseConfig(env);
const log = createLogger("demo", config.LOG_LEVEL);
const folder = env["SECRETS_DIR"];
const cellFolder = env["PLANT_OPCUA_DIR"];
if (folder === undefined || cellFolder === undefined || config.DATABASE_URL === undefined)
  throw new Error("SECRETS_DIR, PLANT_OPCUA_DIR and DATABASE_URL are needed");
const secret = async (name: string) => (await readFile(join(folder, name), "utf8")).trim();
const db = openDb({ url: config.DATABASE_URL, max: 2, name: "demo-seed" });
try {
  await seedDemo(db, {
    clock: systemClock,
    speed: config.DEMO_SPEED,
    edgeToken: await secret("edge-token"),
    packerToken: await secret("packer-token"),
    pepper: await secret("pin-pepper"),
    cell: {
      url: cellUrl(config.OPCUA_PORT),
      thumbprint: (await ensureIdentity(cellFolder, cellName, systemClock)).thumbprint,
    },
    log,
    progress: (done, total, detail) => process.send?.({ done, total, detail }),
  });
} finally {
  await db.$client.end();
  process.disconnect?.();
}
