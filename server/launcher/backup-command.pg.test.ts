import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { readArchive } from "./archive.ts";
import { dropDatabase, ensureDatabase } from "./database.ts";
import { foldersOf, projectRoot } from "./folders.ts";

/** The two commands as a person types them: what they are given, what they say, and what they leave behind. */
let folder: string;
let handle: Awaited<ReturnType<typeof testDb>>;
let empty: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backup-command-"));
  handle = await testDb();
  empty = handle.url.replace(/\/t_/, "/r_");
  await ensureDatabase(empty);
  const { secrets } = foldersOf(data(), false);
  await mkdir(secrets, { recursive: true });
  await writeFile(join(secrets, "pin-pepper"), "pepper\n", { mode: 0o600 });
});
afterAll(async () => {
  await dropDatabase(empty);
  await handle.close();
  await rm(folder, { recursive: true, force: true });
});

const data = () => join(folder, "data");

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs one of the commands on the test's database, or on what `env` names. */
function run(name: "backup" | "restore", given: readonly string[], env: Record<string, string> = {}) {
  const own = { DATABASE_URL: handle.url, DATA_DIR: data(), DEMO: "0", ...env };
  // PATH alone: nothing of whoever runs the tests shall reach the command.
  const path = process.env["PATH"] ?? ""; // oxlint-disable-line node/no-process-env
  const program = join(projectRoot, "server/launcher", `${name}.ts`);
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", program, ...given], {
      cwd: projectRoot,
      env: { NODE_ENV: "test", PATH: path, ...own },
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (text: Buffer) => (out += text.toString()));
    child.stderr.on("data", (text: Buffer) => (err += text.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

/** One sentence and no stack: what a person can mend. */
function sentence({ code, err }: Ended): string {
  expect(code).toBe(1);
  expect(err).not.toMatch(/\n\s+at /);
  return err.trim();
}

test("without a name a backup lies in the house's own folder, is whole, and says what it lacks", async () => {
  const { code, out } = await run("backup", []);
  expect(code).toBe(0);
  const { backups } = foldersOf(data(), false);
  const [name = ""] = await readdir(backups);
  expect(name).toMatch(/^plant-\d{8}-\d{6}$/);
  expect(out).toContain(join(backups, name));
  expect(out).toContain("Without --with-secrets");
  const manifest = await readArchive(join(backups, name));
  expect([manifest.kind, manifest.secrets]).toEqual(["plant", null]);
}, 60_000);

test("with the secrets their files go along, readable by their owner alone, and it says so", async () => {
  const target = join(folder, "with secrets");
  const { code, out } = await run("backup", [target, "--with-secrets"]);
  expect(code).toBe(0);
  expect(out).toContain("keys");
  expect(out).not.toContain("pepper");
  const { secrets } = await readArchive(target);
  expect(secrets?.map(({ file }) => file)).toEqual(["secrets/pin-pepper"]);
  expect(await readFile(join(target, "secrets/pin-pepper"), "utf8")).toBe("pepper\n");
  expect((await stat(target)).mode & 0o077).toBe(0);
}, 60_000);

test("what stands is never written over: neither a folder nor a file of that name", async () => {
  const there = join(folder, "there");
  await mkdir(there);
  await writeFile(join(there, "mine.txt"), "mine");
  const file = join(folder, "file.txt");
  await writeFile(file, "mine");
  for (const target of [there, file])
    expect(sentence(await run("backup", [target]))).toBe(
      `${target} is there already: name a folder that is not.`,
    );
  expect(await readFile(join(there, "mine.txt"), "utf8")).toBe("mine");
  expect(await readFile(file, "utf8")).toBe("mine");
}, 60_000);

test("a place that cannot be, a word that is none and a plant that is not there are named in one sentence", async () => {
  const file = join(folder, "no-folder");
  await writeFile(file, "");
  expect(sentence(await run("backup", [join(file, "below")]))).toContain("is not a folder");
  expect(await readdir(folder)).not.toContain("below.partial");
  expect(sentence(await run("backup", ["--with-secret"]))).toMatch(/^Usage: npm run backup/);
  expect(sentence(await run("backup", ["one", "two"]))).toMatch(/^Usage: npm run backup/);
  const nowhere = join(folder, "nowhere");
  const asked = await run("backup", [], { DATABASE_URL: "", DATA_DIR: nowhere });
  expect(sentence(asked)).toContain(`There is no plant in ${nowhere}`);
}, 60_000);

test("a restore asks for its folder, knows what is no backup, and never loads over data", async () => {
  expect(sentence(await run("restore", []))).toMatch(/^Usage: npm run restore/);
  expect(sentence(await run("restore", ["--force", "x"]))).toMatch(/^Usage: npm run restore/);
  const nothing = join(folder, "nothing");
  await mkdir(nothing);
  expect(sentence(await run("restore", [nothing]))).toContain(nothing);
  expect(sentence(await run("restore", [join(folder, "not there")]))).toContain("not there");
  const archive = join(folder, "with secrets");
  await handle.db.execute("insert into equipment (level, code, name) values ('site', 's', 'Ours')");
  expect(sentence(await run("restore", [archive]))).toContain("never overwrites");
  expect(sentence(await run("restore", [archive], { DEMO: "1", DATABASE_URL: empty }))).toContain("DEMO=0");
  const other = join(folder, "other");
  const done = await run("restore", [archive], { DATABASE_URL: empty, DATA_DIR: other });
  expect([done.code, done.err]).toEqual([0, ""]);
  expect(done.out).toContain("Restored.");
  expect(await readFile(join(foldersOf(other, false).secrets, "pin-pepper"), "utf8")).toBe("pepper\n");
}, 120_000);
