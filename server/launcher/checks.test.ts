import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkPort, checkSpace, checkWritable, freePort, steadyPort } from "./checks.ts";
import { projectRoot } from "./folders.ts";
import { lockInstance } from "./instance-lock.ts";
import { ensureSecret } from "./secrets.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "checks-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;

test("a taken port is refused with one sentence that names who holds it and which setting moves ours", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    const refusal = checkPort({ port, setting: "PORT" });
    await expect(refusal).rejects.toThrow(`Port ${port} is taken by `);
    await expect(refusal).rejects.toThrow(`(process ${process.pid}, in ${process.cwd()})`);
    await expect(refusal).rejects.toThrow("choose another port with PORT.");
  } finally {
    await new Promise((done) => server.close(done));
  }
  await expect(checkPort({ port, setting: "PORT" })).resolves.toBeUndefined();
});

test("a part finds the same port again, and another one while that is taken", async () => {
  const first = await steadyPort("press hall");
  expect(await steadyPort("press hall")).toBe(first);
  expect(await steadyPort("press hall", new Set([first]))).not.toBe(first);
  expect(first).toBeLessThan(32_768);
  expect(await freePort()).toBeGreaterThan(0);
});

/** Runs a check as the user `nobody`, because root may write everywhere. */
function asOrdinaryUser(code: string): { status: number | null; words: string } {
  const url = pathToFileURL(join(projectRoot, "server/launcher/checks.ts")).href;
  const script = `import { checkWritable, checkSpace } from ${JSON.stringify(url)}; try { ${code} } catch (e) { process.stderr.write(e.message); process.exit(1); }`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", script],
    {
      cwd: projectRoot,
      encoding: "utf8",
      ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
      env: { HOME: folder, PATH: process.env["PATH"] ?? "", TMPDIR: tmpdir(), NODE_ENV: "test" },
    },
  );
  return { status, words: stderr };
}

test("a folder that this user may not write is refused with one sentence", async () => {
  const closed = join(folder, "closed");
  await mkdir(closed);
  await chmod(closed, 0o555);
  await chmod(folder, 0o755);
  const { status, words } = asOrdinaryUser(`await checkWritable(${JSON.stringify(join(closed, "data"))});`);
  expect(words).toMatch(
    /^No permission to write in .*closed\/data \(DATA_DIR, .*\): give this user the folder, or name another one with DATA_DIR\.$/,
  );
  expect(status).toBe(1);
});

test("a file in the place of DATA_DIR is refused with one sentence", async () => {
  await writeFile(join(folder, "data"), "");
  await expect(checkWritable(join(folder, "data"))).rejects.toThrow(/data is not a folder/);
  await expect(checkWritable(join(folder, "data", "below"))).rejects.toThrow(/is not a folder/);
});

test("too little space is refused with one sentence before anything is made", async () => {
  await expect(checkSpace(join(folder, "not", "yet", "there"), 2 ** 60)).rejects.toThrow(
    /has \d+ MiB left, and Millwright needs \d+ MiB: free some space/,
  );
  await expect(checkSpace(folder, 1)).resolves.toBeUndefined();
});

function mountSmallDisk(path: string): boolean {
  return isRoot && spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path]).status === 0;
}

test("a full disk is told as such", async (context) => {
  const disk = join(folder, "disk");
  await mkdir(disk);
  if (!mountSmallDisk(disk)) {
    context.skip("only root may mount a small disk");
    return;
  }
  try {
    await writeFile(join(disk, "ballast"), Buffer.alloc(64 * 1024)).catch(() => undefined);
    await expect(checkWritable(disk)).rejects.toThrow(/^The disk that holds .*disk is full: free some space/);
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("a second start on the same folder is refused while the first lives, and a dead one's lock is taken over", async () => {
  const lock = await lockInstance(folder, "http://localhost:3000");
  await expect(lockInstance(folder, "http://localhost:4000")).rejects.toThrow(
    `Millwright already runs on ${folder} (process ${process.pid}, http://localhost:3000)`,
  );
  await lock.release();
  const dead = spawnSync(process.execPath, ["-e", "0"]).pid;
  await writeFile(
    join(folder, "supervisor.lock"),
    JSON.stringify({ pid: dead, started: "boot/1", address: "http://localhost:1" }),
  );
  const next = await lockInstance(folder, "http://localhost:4000");
  await next.release();
  // A lock that was cut off in the middle is nobody's.
  await writeFile(join(folder, "supervisor.lock"), '{"pid": 1');
  await (await lockInstance(folder, "")).release();
});

test("a secret is made once and is readable by its owner only", async () => {
  const path = join(folder, "edge-token");
  expect(await ensureSecret(path, () => "first")).toBe("first");
  await chmod(path, 0o644);
  expect(await ensureSecret(path, () => "second")).toBe("first");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
