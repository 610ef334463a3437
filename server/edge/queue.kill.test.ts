import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { everything, openQueue, tempFolder } from "./testing/queues.ts";

interface Writer {
  readonly process: ChildProcess;
  /** Waits for the nth line that begins so. */
  readonly line: (start: string, count?: number) => Promise<void>;
  readonly stored: { lane: number; value: number }[];
  readonly refused: Set<number>;
}

const program = join(import.meta.dirname, "testing/queue-writer.ts");

/** A real process that writes; `limit` = the largest file it may make, in KiB, which its disk then refuses. */
function writer(location: string, first: number, limit?: number): Writer {
  const run = `exec node --import tsx "$0" "$@"`;
  const shell = limit === undefined ? run : `trap '' XFSZ; ulimit -Sf ${limit}; ${run}`;
  const child = spawn("bash", ["-c", shell, program, location, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stored: { lane: number; value: number }[] = [];
  const refused = new Set<number>();
  const waiting: { start: string; left: number; done: () => void }[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, lane, ...values] = line.split(" ");
    if (word === "stored") stored.push(...values.map((v) => ({ lane: Number(lane), value: Number(v) })));
    if (word === "refused") for (const value of values) refused.add(Number(value));
    for (const w of waiting) if (line.startsWith(w.start) && --w.left === 0) w.done();
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    process: child,
    stored,
    refused,
    line: (start, left = 1) => new Promise((done) => waiting.push({ start, left, done })),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "close");
  child.kill("SIGKILL");
  await gone;
}

function folder(): string {
  const location = tempFolder("queue-kill");
  onTestFinished(() => rmSync(location, { recursive: true, force: true }));
  return join(location, "queue");
}

describe("an edge killed with -9", () => {
  it("has everything it answered as stored, once, and in order", async () => {
    const location = folder();
    const said: { lane: number; value: number }[] = [];
    let first = 1;
    for (let cycle = 0; cycle < 8; cycle++) {
      const { process, line, stored } = writer(location, first);
      // Killed at another moment each time: after so many answers, with writes of three lanes under way.
      await line("stored", 1 + cycle * 37);
      await kill(process);
      said.push(...stored);
      first = Math.max(...stored.map((s) => s.value)) + 100_000;
    }
    const { queue, outlet } = await openQueue({ location });
    const { readings, gaps } = await everything(queue, outlet);
    await queue.close();
    const found = new Map(readings.map((r) => [r.value, r]));
    expect(found.size, "nothing twice").toBe(readings.length);
    expect(
      said.filter((s) => found.get(s.value)?.lane !== s.lane),
      "nothing lost",
    ).toEqual([]);
    expect(gaps).toEqual([]);
    for (const lane of [0, 1]) {
      const mine = readings.filter((r) => r.lane === lane);
      expect(new Set(mine.map((r) => r.epoch)).size, "one epoch through all kills").toBe(1);
      expect(mine.map((r) => r.seq)).toEqual(mine.map((_, i) => i + 1));
    }
    expect(readings.length).toBeGreaterThan(1000);
  }, 180_000);
});

describe("a disk that takes nothing", () => {
  it("makes the edge refuse, never lie, and store again when there is room", async () => {
    const location = folder();
    const { process, line, stored, refused } = writer(location, 1, 512);
    await line("refused", 5);
    const before = stored.length;
    const lifted = spawn("prlimit", ["--pid", String(process.pid), "--fsize=unlimited"]);
    const [code] = await once(lifted, "exit");
    expect(code).toBe(0);
    await line("stored", 50);
    await kill(process);
    expect(stored.length).toBeGreaterThan(before);
    const { queue, outlet } = await openQueue({ location });
    const { readings } = await everything(queue, outlet);
    await queue.close();
    const found = readings.map((r) => r.value);
    expect(new Set(found).size, "nothing twice").toBe(found.length);
    const there = new Set(found);
    expect(
      stored.filter((s) => !there.has(s.value)),
      "nothing answered as stored is lost",
    ).toEqual([]);
    expect(
      found.filter((value) => refused.has(value)),
      "nothing refused was kept",
    ).toEqual([]);
  }, 180_000);
});
