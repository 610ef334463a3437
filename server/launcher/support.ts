import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { openDb } from "#db/client.ts";
import { systemClock } from "#server/core/clock.ts";
import { makeBundle } from "#server/support/bundle.ts";
import { openSource, readConfig } from "./backup-target.ts";
import { commandLine } from "./command-line.ts";
import { foldersOf, makeFolders } from "./folders.ts";
import { endWith, fileProblem } from "./problem.ts";
import { terminal } from "./progress.ts";
import { writePrivateBytes } from "./secrets.ts";

// `npm run support [-- FILE]`: one zip for a helper far away, also when the plant does not start.

async function main(): Promise<void> {
  const { positionals } = commandLine("Usage: npm run support [-- FILE.zip]", { least: 0, most: 1 }, {});
  const config = readConfig();
  const folders = foldersOf(config.DATA_DIR, config.DEMO);
  const out = terminal();
  const step = out.step("Gathering what helps");
  await makeFolders(folders);
  // A plant whose database does not come up is exactly the one that wants help.
  const source = await openSource(config, folders).catch((error: Error) => {
    out.say(`  ! Without the database: ${error.message.split("\n")[0] ?? ""}`);
    return null;
  });
  const db = source === null ? null : openDb({ url: source.ownerUrl, max: 1, name: "support" });
  const ask = (path: string) => async () => {
    const answer = await fetch(`http://localhost:${config.PORT}${path}`, {
      signal: AbortSignal.timeout(5000),
    });
    return answer.ok ? answer.text() : null;
  };
  try {
    const bundle = await makeBundle({
      db,
      clock: systemClock,
      env: process.env, // oxlint-disable-line node/no-process-env -- told by an allow-list
      houseDir: folders.house,
      logsDir: folders.logs,
      secretDirs: [folders.secrets, folders.certificates],
      health: ask("/api/v1/health"),
      metrics: ask("/metrics"),
    });
    const target = resolve(positionals[0] ?? join(folders.house, "support", bundle.name));
    try {
      await mkdir(dirname(target), { recursive: true });
      await writePrivateBytes(target, bundle.zip);
    } catch (error) {
      throw fileProblem(error, target, "the support bundle") ?? error;
    }
    step.done(`${Math.ceil(bundle.zip.length / 1024)} kB`);
    out.say(`  ${target}`);
    out.say("  No passwords, tokens, keys or names of people are inside; look yourself before you send it.");
  } catch (error) {
    step.failed();
    throw error;
  } finally {
    await db?.$client.end({ timeout: 1 });
    await source?.close();
  }
}

main().catch(endWith);
