import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { projectRoot } from "./folders.ts";
import { ChildRegister, stopOrphans } from "./orphans.ts";
import { identify, isAlive, waitUntilGone } from "./processes.ts";
import { ChildFailed, type ChildSpec, leash, standardTiming, SupervisedChild } from "./supervised-child.ts";
import { Supervisor } from "./supervisor.ts";

let folder: string;
let said: string[];
const supervisors: Supervisor[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "supervisor-"));
  said = [];
});
afterEach(async () => {
  for (const supervisor of supervisors.splice(0)) await supervisor.stop();
  await rm(folder, { recursive: true, force: true });
});

const context = () => ({
  logFolder: folder,
  register: new ChildRegister(folder),
  say: (line: string) => void said.push(line),
});

function supervisor(): Supervisor {
  const made = new Supervisor(context());
  supervisors.push(made);
  return made;
}

/** A real process that says in a file that it stands, and when it ends by itself. */
function part(name: string, code: string): ChildSpec {
  const mark = join(folder, `${name}.up`);
  const script = `import fs from "node:fs"; const mark = ${JSON.stringify(mark)}; const diary = ${JSON.stringify(join(folder, "diary"))}; ${code}`;
  return {
    name,
    command: process.execPath,
    args: ["--import", leash, "--input-type=module", "-e", script],
    env: { PATH: process.env["PATH"] },
    follows: true,
    stopSignal: "SIGTERM",
    prepare: () => rm(mark, { force: true }),
    ready: (_pid, gone) => seen(async () => (await readFile(mark, "utf8").catch(() => "")) !== "", gone),
  };
}

async function seen(
  holds: () => Promise<boolean> | boolean,
  gone = () => false,
  ms = 20_000,
): Promise<boolean> {
  const end = systemClock.monotonic() + ms;
  while (!gone() && systemClock.monotonic() < end) {
    if (await holds()) return true;
    await systemClock.sleep(10);
  }
  return false;
}

const steady = `
  process.on("SIGTERM", () => { fs.appendFileSync(diary, process.title + " ended\\n"); process.exit(0); });
  fs.writeFileSync(mark, String(process.pid));
  setInterval(() => {}, 1000);`;
const named = (name: string) => `process.title = "${name}"; ${steady}`;

test("a part that is killed comes back by itself, as another process, and the terminal says so", async () => {
  const house = supervisor();
  await house.start(part("edge", steady));
  const first = house.pids()["edge"];
  await house.kill("edge");
  await house.settled();
  const second = house.pids()["edge"];
  expect(second).not.toBe(first);
  expect(identify(second ?? 0)).not.toBeNull();
  expect(said).toEqual(["edge ended (signal SIGKILL) and is started again in 0.25 s"]);
});

test("parts stop in reverse order, each by its own will", async () => {
  const house = supervisor();
  await house.start(part("one", named("one")));
  await house.start(part("two", named("two")));
  await house.start(part("three", named("three")));
  await house.stop();
  expect(await readFile(join(folder, "diary"), "utf8")).toBe("three ended\ntwo ended\none ended\n");
  expect(house.pids()).toEqual({});
});

test("a part that will not end is killed, so that stopping never takes longer than ten seconds", async () => {
  const house = supervisor();
  await house.start(part("first", steady));
  await house.start(
    part(
      "deaf",
      `process.on("SIGTERM", () => {}); fs.writeFileSync(mark, "1"); setInterval(() => {}, 1000);`,
    ),
  );
  const who = identify(house.pids()["deaf"] ?? 0);
  const begun = systemClock.monotonic();
  await house.stop();
  expect(systemClock.monotonic() - begun).toBeLessThan(10_000);
  expect(who === null || isAlive(who)).toBe(false);
  expect(said).toContain("deaf did not end by itself within 3 s and is killed");
}, 20_000);

test("a part that dies at once, three times, ends the start with its last words", async () => {
  const house = supervisor();
  const starting = house.start(part("server", `console.error("port 3000 is gone"); process.exit(3);`));
  await expect(starting).rejects.toThrow(ChildFailed);
  await expect(starting).rejects.toThrow(/"server" does not start \(exit code 3\)[^]*port 3000 is gone/);
});

test("the pauses between restarts double", async () => {
  const spec = part(
    "web",
    `if (fs.existsSync(diary)) process.exit(1); fs.writeFileSync(diary, "1"); ${steady}`,
  );
  const timing = { ...standardTiming, firstRetryMs: 10, lastRetryMs: 40 };
  const child = new SupervisedChild(spec, context(), timing);
  await child.start();
  await child.kill();
  await seen(() => said.length >= 5);
  await child.stop(1000);
  const pauses = said.map((line) => /again in ([\d.]+) s/.exec(line)?.[1]);
  expect(pauses.slice(0, 5)).toEqual(["0.01", "0.02", "0.04", "0.04", "0.04"]);
});

test("a part whose event loop stands still is killed and comes back", async () => {
  const spec = part(
    "server",
    `${steady} if (!fs.existsSync(diary)) { fs.writeFileSync(diary, "x"); setTimeout(() => { for (;;); }, 50); }`,
  );
  const timing = { ...standardTiming, heartbeatMs: 100, stuckMs: 1500 };
  const child = new SupervisedChild(spec, context(), timing);
  await child.start();
  const first = child.pid;
  expect(await seen(() => said.some((line) => line.includes("has not answered")))).toBe(true);
  expect(await seen(() => child.pid !== undefined && child.pid !== first)).toBe(true);
  await child.settled();
  await child.stop(1000);
}, 30_000);

/** A supervisor in a process of its own, which a test may kill. */
async function supervisorProcess(
  leashed: boolean,
): Promise<{ pid: number; child: number; kill(): Promise<void> }> {
  const url = (path: string) => JSON.stringify(pathToFileURL(join(projectRoot, path)).href);
  const file = join(folder, "parent.mts");
  const args = leashed ? `["--import", ${JSON.stringify(leash)}, "-e", code]` : `["-e", code]`;
  await writeFile(
    file,
    `import { Supervisor } from ${url("server/launcher/supervisor.ts")};
     import { ChildRegister } from ${url("server/launcher/orphans.ts")};
     import { existsSync } from "node:fs";
     const mark = ${JSON.stringify(join(folder, "child.up"))};
     const code = "setInterval(() => {}, 1000); setTimeout(() => require('fs').writeFileSync(" + JSON.stringify(mark) + ", ''), 1)";
     const up = async () => { while (!existsSync(mark)) await new Promise((done) => setTimeout(done, 10)); return true; };
     const supervisor = new Supervisor({ logFolder: ${JSON.stringify(folder)}, register: new ChildRegister(${JSON.stringify(folder)}), say: () => {} });
     await supervisor.start({ name: "edge", command: process.execPath, args: ${args}, env: {}, follows: ${leashed}, stopSignal: "SIGTERM", ready: up });
     process.stdout.write(String(supervisor.pids().edge));`,
  );
  const parent = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
  return {
    pid: parent.pid ?? 0,
    child: Number(chunk.toString()),
    async kill() {
      parent.kill("SIGKILL");
      await once(parent, "exit");
    },
  };
}

test("children end by themselves when their supervisor is killed", async () => {
  const parent = await supervisorProcess(true);
  const child = identify(parent.child);
  expect(child).not.toBeNull();
  await parent.kill();
  expect(child !== null && (await waitUntilGone(child, 10_000))).toBe(true);
}, 30_000);

test("what a killed supervisor left behind is ended by the next start, and a stranger with an old number is not", async () => {
  const parent = await supervisorProcess(false);
  const child = identify(parent.child);
  await parent.kill();
  expect(child !== null && isAlive(child)).toBe(true);
  // A stranger: this very process, under the start time of another.
  const entries = JSON.parse(await readFile(join(folder, "children.json"), "utf8")) as object[];
  await writeFile(
    join(folder, "children.json"),
    JSON.stringify([...entries, { name: "web", pid: process.pid, started: "boot/1" }]),
  );
  expect(await stopOrphans(folder)).toEqual(["edge"]);
  expect(child !== null && isAlive(child)).toBe(false);
}, 30_000);
