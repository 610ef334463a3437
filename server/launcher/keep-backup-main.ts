import { z } from "zod";
import { openDb } from "#db/client.ts";
import { systemClock } from "#server/core/clock.ts";
import { parseConfig } from "#server/core/config.ts";
import { foldersOf } from "./folders.ts";
import { keepBackup } from "./keep-backup.ts";
import { endWith } from "./problem.ts";

// Started by the launcher for one run: a process of its own, so that packing never keeps the supervisor from its watch.

const Own = z.object({
  DATABASE_URL: z.string(),
  OWNER_DATABASE_URL: z.string(),
  /** What the person named, not the demo's own folder below it. */
  HOUSE_ROOT: z.string(),
});

async function main(): Promise<void> {
  const env = process.env; // oxlint-disable-line node/no-process-env -- parsed here, once
  const own = Own.parse(env);
  const config = parseConfig(env);
  const runId = z.uuid().parse(process.argv[2]);
  const db = openDb({ url: own.DATABASE_URL, max: 1, name: "backup" });
  try {
    const end = await keepBackup({
      db,
      ownerUrl: own.OWNER_DATABASE_URL,
      folders: foldersOf(own.HOUSE_ROOT, config.DEMO),
      runId,
      clock: systemClock,
    });
    console.error(JSON.stringify({ level: end.state === "good" ? 30 : 50, time: systemClock.now(), ...end }));
  } finally {
    await db.$client.end({ timeout: 2 });
  }
}

main().catch(endWith);
