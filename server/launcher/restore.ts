import { resolve } from "node:path";
import { systemClock } from "#server/core/clock.ts";
import { ageInWords, readArchive } from "./archive.ts";
import { openTarget, readConfig } from "./backup-target.ts";
import { commandLine } from "./command-line.ts";
import { checkSpace, checkWritable } from "./checks.ts";
import { foldersOf, makeFolders } from "./folders.ts";
import { lockInstance } from "./instance-lock.ts";
import { loadBackup, loadSecrets } from "./load-backup.ts";
import { endWith, Problem } from "./problem.ts";
import { terminal } from "./progress.ts";

// `npm run restore -- FOLDER`: into an empty DATA_DIR (and an empty DATABASE_URL, where one is named).

async function main(): Promise<void> {
  const { positionals } = commandLine(
    "Usage: npm run restore -- FOLDER   (a folder that npm run backup made)",
    { least: 1, most: 1 },
    {},
  );
  const archive = resolve(positionals[0] ?? "");
  const config = readConfig();
  const folders = foldersOf(config.DATA_DIR, config.DEMO);
  const out = terminal();
  const manifest = await readArchive(archive);
  const age = ageInWords(systemClock.now() - Date.parse(manifest.madeAt));
  out.say(
    `  A backup of the ${manifest.kind}, made ${manifest.madeAt} (${age} ago) by release ${manifest.version}`,
  );
  if ((manifest.kind === "demo") !== config.DEMO)
    throw new Problem(
      `This is a backup of the ${manifest.kind}: restore it with DEMO=${manifest.kind === "demo" ? 1 : 0}.`,
    );
  await checkWritable(config.DATA_DIR);
  await checkSpace(config.DATA_DIR);
  await makeFolders(folders);
  const lock = await lockInstance(folders.house, "a restore");
  try {
    const target = await openTarget(config, folders);
    const step = out.step("Loading the database");
    try {
      await loadBackup({
        archive,
        manifest,
        ownerUrl: target.ownerUrl,
        progress: (done, total, table) => step.update(done, total, table),
      });
      await loadSecrets(archive, manifest, folders);
      await target.keep();
      step.done(`${manifest.tables.reduce((sum, table) => sum + table.rows, 0)} rows`);
    } catch (error) {
      step.failed();
      await target.discard();
      throw error;
    } finally {
      await target.close();
    }
  } finally {
    await lock.release();
  }
  out.say(
    "  Restored. At the next start the edges send their last 24 hours again, and every change that was on its",
  );
  out.say("  way to a machine is shown as unknown: a person looks at the machine and decides.");
  if (manifest.secrets === null)
    out.say("  The backup held no secrets: set every PIN anew, and enrol edges and tablets again.");
}

main().catch(endWith);
