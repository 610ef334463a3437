import { join, resolve } from "node:path";
import { systemClock } from "#server/core/clock.ts";
import { openSource, readConfig } from "./backup-target.ts";
import { commandLine } from "./command-line.ts";
import { foldersOf } from "./folders.ts";
import { makeBackup } from "./make-backup.ts";
import { endWith } from "./problem.ts";
import { terminal } from "./progress.ts";

// `npm run backup [-- FOLDER] [--with-secrets]`: also while the plant runs.

async function main(): Promise<void> {
  const { values, positionals } = commandLine(
    "Usage: npm run backup [-- FOLDER] [--with-secrets]   (a folder that is not there yet)",
    { least: 0, most: 1 },
    { "with-secrets": { type: "boolean", default: false } },
  );
  const config = readConfig();
  const folders = foldersOf(config.DATA_DIR, config.DEMO);
  const stamp = new Date(systemClock.now())
    .toISOString()
    .slice(0, 19)
    .replaceAll(/[-:]/g, "")
    .replace("T", "-");
  const name = `${config.DEMO ? "demo" : "plant"}-${stamp}`;
  const target = resolve(positionals[0] ?? join(folders.backups, name));
  const out = terminal();
  const source = await openSource(config, folders);
  const step = out.step("Saving the database");
  try {
    const manifest = await makeBackup({
      ownerUrl: source.ownerUrl,
      target,
      folders,
      withSecrets: values["with-secrets"],
      progress: (done, total, table) => step.update(done, total, table),
    });
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    step.done(`${rows} rows of ${manifest.tables.length} tables`);
  } catch (error) {
    step.failed();
    throw error;
  } finally {
    await source.close();
  }
  out.say(`  ${target}`);
  if (values["with-secrets"]) out.say("  It holds this plant's keys: keep it where nobody else can read it.");
  else
    out.say(
      "  Without --with-secrets: after a restore every PIN must be set anew, everybody signs in again, edges and tablets are enrolled again.",
    );
}

main().catch(endWith);
