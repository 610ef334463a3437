import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { makeBackup } from "#server/launcher/make-backup.ts";
import { projectRoot } from "#server/launcher/folders.ts";
import type { Fault } from "../fault.ts";

/** Where Debian puts it. */
const libfaketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
const yearMs = 365 * 86_400_000;

/** Runs a script of this project to its end or until it is killed. */
function script(path: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", join(projectRoot, path), ...args], {
    cwd: projectRoot,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env },
  });
}

/** Postmasters whose data lies in this folder. */
async function postmasters(folder: string): Promise<number> {
  let count = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (/postgres\0/.test(words) && words.includes("-D") && words.includes(folder)) count++;
  }
  return count;
}

export const starts: readonly Fault[] = [
  {
    id: "F07",
    title:
      "What supervises everything is killed: the next start ends or takes over what it left, one database runs",
    run: async (house) => {
      await house.stop();
      const { device } = house;
      const lonely = script("chaos/lonely-house.ts", [house.folder, String(device)]);
      await house.until("the device is connected again", async () => house.numbers.connected());
      await house.passes(1000);
      lonely.kill("SIGKILL");
      await once(lonely, "exit");
      await house.start();
      await house.flows();
      const running = await postmasters(house.folder);
      if (running !== 1) throw new Error(`${running} databases run on the same data`);
    },
  },
  {
    id: "F28",
    title:
      "The database comes back from an older backup: the edge sends its last 24 hours again, nothing is missing",
    run: async (house) => {
      const backup = join(await mkdtemp(join(tmpdir(), "millwright-backup-")), "backup");
      try {
        const { ownerUrl, folders } = house.plant;
        await makeBackup({ ownerUrl, target: backup, folders, withSecrets: true });
        await house.passes(3000);
        await house.delivered();
        await house.stop();
        await rm(folders.database, { recursive: true });
        const restore = script("server/launcher/restore.ts", [backup], { DATA_DIR: house.folder, DEMO: "0" });
        const [code] = (await once(restore, "exit")) as [number];
        if (code !== 0) throw new Error(`the restore ended with ${code}`);
        await house.start();
      } finally {
        await rm(join(backup, ".."), { recursive: true, force: true });
      }
    },
  },
  {
    id: "F30",
    title:
      "The edge's clock is wrong by years: readings keep the machine's time, are doubted, and none is lost",
    needs: ["faketime"],
    run: async (house) => {
      const from = house.clock.now();
      try {
        for (const years of [-3, 2]) {
          const lie = {
            LD_PRELOAD: libfaketime,
            FAKETIME: `${years > 0 ? "+" : ""}${years}y`,
            DONT_FAKE_MONOTONIC: "1",
          };
          await house.stop();
          await house.start({ edge: lie });
          await house.flows();
          await house.passes(2000);
        }
      } finally {
        await house.stop();
        await house.start();
      }
      await house.flows();
      const [row] = await house.db.execute<{ strange: number; doubted: number }>(sql`
        select count(*) filter (where source_ts > now() + interval '5 minutes' or source_ts < now() - interval '1 day')::int as strange,
          count(*) filter (where quality > 0)::int as doubted
        from reading where source_ts between to_timestamp(${(from - 10 * yearMs) / 1000}) and to_timestamp(${(from + 10 * yearMs) / 1000})`);
      if (row?.strange !== 0)
        throw new Error(`${row?.strange ?? "?"} readings stand at times that were never`);
      if (row.doubted === 0) throw new Error("nobody doubted a reading");
    },
  },
];
