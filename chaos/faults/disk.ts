import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, open, readdir, rm, stat, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Random } from "#server/device/simulator/physics/random.ts";
import type { Fault } from "../fault.ts";
import type { ChaosHouse } from "../house.ts";

const execute = promisify(execFile);
/** Of the small disk, bytes. */
const diskBytes = 48 * 1024 * 1024;
/** What is left on it for the queue before it is full, bytes. */
const leftBytes = 0.6 * 1024 * 1024;

/** The edge stores and cannot deliver for so long, ms. */
async function withoutServer(house: ChaosHouse, ms: number): Promise<void> {
  const wire = house.wire("server");
  wire.wire = { refuse: true };
  wire.reset();
  await house.passes(ms);
}

export const disk: readonly Fault[] = [
  {
    id: "F21",
    title:
      "The edge's disk is full: it says so to its device, loses nothing that it answered as stored, and goes on",
    needs: ["root"],
    run: async (house) => {
      await house.delivered();
      await house.stop();
      const folder = join(house.folder, "edge");
      const kept = await mkdtemp(join(tmpdir(), "millwright-edge-"));
      await cp(folder, kept, { recursive: true });
      await execute("mount", ["-t", "tmpfs", "-o", `size=${diskBytes}`, "tmpfs", folder]);
      try {
        await cp(kept, folder, { recursive: true });
        await house.start();
        await house.flows();
        const wire = house.wire("server");
        wire.wire = { refuse: true };
        wire.reset();
        const free = async () => ((await statfs(folder)).bavail ?? 0) * ((await statfs(folder)).bsize ?? 0);
        await writeFile(join(folder, "ballast"), Buffer.alloc(Math.max(0, (await free()) - leftBytes)));
        await house.until("the disk is full", async () => (await free()) < 64 * 1024, 120_000);
        await house.passes(3000);
        await rm(join(folder, "ballast"));
        wire.wire = {};
        await house.plant.settled();
        await house.flows();
        await house.delivered();
      } finally {
        await house.stop();
        const now = await mkdtemp(join(tmpdir(), "millwright-edge-"));
        await cp(folder, now, { recursive: true });
        await execute("umount", [folder]);
        await rm(folder, { recursive: true, force: true });
        await cp(now, folder, { recursive: true });
        await Promise.all([kept, now].map((one) => rm(one, { recursive: true, force: true })));
        await house.start();
      }
    },
  },
  {
    id: "F25",
    title:
      "The tail of the queue is torn and a byte in its middle is turned: cut or set aside, never a wrong value",
    short: true,
    mayLeaveGaps: true,
    run: async (house, random) => {
      for (const harm of [tornTail, turnedByte]) {
        await withoutServer(house, 2000);
        await house.stop();
        await harm(house.queueFolder, random);
        await house.start();
        await house.flows();
      }
    },
  },
  {
    id: "F27",
    title:
      "The queue's folder comes back from an old copy: nothing is doubled, and what it lost lies in a gap",
    mayLeaveGaps: true,
    run: async (house) => {
      await house.stop();
      const copy = await mkdtemp(join(tmpdir(), "millwright-queue-"));
      try {
        await cp(house.queueFolder, copy, { recursive: true });
        await house.start();
        await house.flows();
        await house.delivered();
        await house.stop();
        await rm(house.queueFolder, { recursive: true });
        await mkdir(house.queueFolder);
        await cp(copy, house.queueFolder, { recursive: true });
        await house.start();
      } finally {
        await rm(copy, { recursive: true, force: true });
      }
    },
  },
];

/** The newest log of the store, in which the last writes stand. */
async function newestLog(folder: string): Promise<string> {
  const logs = (await readdir(folder)).filter((name) => name.endsWith(".log")).toSorted();
  return join(folder, logs.at(-1) ?? "");
}

async function tornTail(folder: string, random: Random): Promise<void> {
  const path = await newestLog(folder);
  const { size } = await stat(path);
  const file = await open(path, "r+");
  await file.truncate(size - Math.floor(random.between(1, Math.min(4000, size / 4))));
  await file.close();
}

async function turnedByte(folder: string, random: Random): Promise<void> {
  const path = await newestLog(folder);
  const { size } = await stat(path);
  const file = await open(path, "r+");
  const place = Math.floor(random.between(size * 0.3, size * 0.7));
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, place);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  await file.write(byte, 0, 1, place);
  await file.close();
}
