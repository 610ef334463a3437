import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "@playwright/test";
import { sql } from "drizzle-orm";
import { type Db, openDb } from "#db/client.ts";
import { systemClock as clock } from "#server/core/clock.ts";
import { createDevice } from "#server/device/socketio/client-example.ts";
import { installedBrowser } from "#server/launcher/browser.ts";
import { type RunningPlant, startPlant } from "#server/launcher/plant.ts";
import { startChild } from "./child.ts";
import { type BenchDevice, furnish, type LivePlant } from "./live/plant.ts";
import { measureOffset, takeSeen, watchTiles } from "./live/watcher.ts";
import type { BenchOptions, Figure } from "./main.ts";

interface LiveFigure extends Omit<Figure, "value"> {
  /** Null when nothing was seen. */
  readonly value: number | null;
  readonly p50: number | null;
  /** Values that were seen, and those that the machines said meanwhile. */
  readonly seen: number;
  readonly said: number;
  /** Readings a second that Postgres really took meanwhile, of all tags. */
  readonly stored_per_s: number;
  /** The page's clock against ours, and how wrong that can be, ms. */
  readonly offset_ms: number;
  readonly offset_error_ms: number;
}

const machineCount = 50;
const loadTags = 950;
/** Each machine's value changes about so often a second; no two at the same moment. */
const changesPerSecond = 2;
const warmUpMs = 3000;
const rates = { "1k": 1000, "10k": 10_000, "50k": 50_000 };
const goalMs = 150;
/** Of the wanted rate, what must really be stored, and of the values said, what must be seen, for a figure to hold. */
const reached = 0.97;

/**
 * From the source's clock to the pixel: 50 machines, each a device of its own, whose values a supervisor sees in the
 * tiles of /office, while one more device makes up the rest of the stored rate. Devices, edge, server, Postgres,
 * Next and Chromium share the machine; every value goes through the edge's synced queue.
 */
export async function run(print: (figure: LiveFigure) => void, options: BenchOptions): Promise<void> {
  const undo: (() => unknown)[] = [];
  try {
    const folder = await mkdtemp(join(tmpdir(), "millwright-live-"));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    const running = await startPlant({ dataDir: folder, demo: false, quiet: true });
    undo.push(() => running.stop());
    const plant = await furnish(running.databaseUrl, machineCount, loadTags);
    const db = openDb({ url: running.databaseUrl, max: 1, name: "bench" });
    undo.push(() => db.$client.end());
    const machines = plant.machines.map((machine, i) => startMachine(machine, i, deviceUrl(running)));
    undo.push(() => machines.forEach((machine) => machine.stop()));
    const page = await openOffice(running, plant, undo);
    for (const [name, rate] of Object.entries(rates)) {
      await untilFresh(page);
      const said = () => machines.reduce((sum, machine) => sum + machine.said(), 0);
      const load = startLoad(plant.load, rate - machineCount * changesPerSecond, deviceUrl(running), undo);
      await clock.sleep(warmUpMs);
      print(await measure({ name, rate, page, db, said, seconds: options.seconds }));
      if (load.exitCode !== null) throw new Error("the load ended before its time");
      load.kill("SIGKILL");
    }
  } finally {
    for (const end of undo.toReversed()) await end();
  }
}

function deviceUrl({ environment }: RunningPlant): string {
  return `http://127.0.0.1:${environment.ports.device}`;
}

/** A machine's own device: another value at each change, with the time at which it was made. */
function startMachine({ source, token, metrics: [metric = ""] }: BenchDevice, place: number, url: string) {
  let said = 0;
  const device = createDevice({
    url,
    source,
    token,
    clock,
    session: randomUUID(),
    capacity: 1000,
    onWrite: () => ({ result: "refused", reason: "this machine takes no orders" }),
    onSent: () => {},
    onDropped: () => {},
    onProblem: () => {},
  });
  const periodMs = 1000 / changesPerSecond;
  let timer = setTimeout(
    function speak() {
      // Evenly spread, and a little off the beat, so that values do not march in step with the screen's frames.
      timer = setTimeout(speak, periodMs * (0.8 + 0.4 * Math.random()));
      if (!device.connected()) return;
      said += 1;
      device.put([{ metric, at: clock.now(), value: said % 1000, unit: "°C" }]);
    },
    (periodMs * place) / machineCount,
  );
  return {
    said: () => said,
    stop(): void {
      clearTimeout(timer);
      device.stop();
    },
  };
}

/** A process that goes on until it is killed, whatever it still has to say. */
function startLoad(
  { source, token, metrics }: BenchDevice,
  readingsPerSecond: number,
  url: string,
  undo: (() => unknown)[],
): ChildProcess {
  const load = startChild("bench/live/load.ts");
  undo.push(() => load.kill("SIGKILL"));
  load.send({ url, source, token, metrics, readingsPerSecond, seconds: 3600, perMessage: 500 });
  return load;
}

async function openOffice(
  running: RunningPlant,
  { supervisor }: LivePlant,
  undo: (() => unknown)[],
): Promise<Page> {
  const executablePath = installedBrowser();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox"],
  });
  undo.push(() => browser.close());
  const context = await browser.newContext({
    baseURL: running.urls.http,
    locale: "en",
    viewport: { width: 1920, height: 1080 },
  });
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.getByRole("textbox", { name: "Personnel number" }).fill(supervisor.code);
  await page.getByRole("textbox", { name: "Password" }).fill(supervisor.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"), { timeout: 60_000 });
  await page.goto("/office");
  const tiles = page.locator("[data-tag][data-source-time]");
  await tiles.nth(machineCount - 1).waitFor({ timeout: 60_000 });
  await watchTiles(page);
  return page;
}

async function measure(given: {
  name: string;
  rate: number;
  page: Page;
  db: Db;
  said: () => number;
  seconds: number;
}): Promise<LiveFigure> {
  const { name, rate, page, db, said, seconds } = given;
  const before = await measureOffset(page);
  await takeSeen(page);
  const [from, saidBefore] = [clock.now(), said()];
  await clock.sleep(seconds * 1000);
  const [until, saidAfter] = [clock.now(), said()];
  const seen = await takeSeen(page);
  const after = await measureOffset(page);
  const offset = before.errorMs < after.errorMs ? before : after;
  const latencies = seen
    .map(([, sourceTime, paintedAt]) => paintedAt + offset.ms - sourceTime)
    .toSorted((a, b) => a - b);
  const value = percentile(latencies, 0.99);
  const stored = Math.round(await storedPerSecond(db, from, until));
  const came = stored >= reached * rate;
  const all = seen.length >= reached * (saidAfter - saidBefore);
  return {
    figure: `live.p99_ms_${name}`,
    value,
    unit: "ms",
    goal: `<=${goalMs}`,
    holds: came && all && value !== null && value <= goalMs,
    p50: percentile(latencies, 0.5),
    seen: seen.length,
    said: saidAfter - saidBefore,
    stored_per_s: stored,
    offset_ms: round(offset.ms),
    offset_error_ms: round(offset.errorMs),
    note:
      `${came ? "" : `the rate of ${rate}/s was NOT reached; `}source time to painted frame; ${machineCount} tiles, ` +
      `each ${changesPerSecond} changes a second, ${machineCount + loadTags} tags on one line, rollups and ` +
      `consumers on, synced queue at the edge, one screen; ${seconds} s`,
  };
}

function percentile(sorted: readonly number[], share: number): number | null {
  const value = sorted[Math.ceil(share * sorted.length) - 1];
  return value === undefined ? null : round(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

async function storedPerSecond(db: Db, from: number, until: number): Promise<number> {
  const [row] = await db.execute<{ stored: number }>(sql`
    select coalesce(sum(stored), 0)::float8 as stored from ingest_log
    where received_at >= ${new Date(from).toISOString()}::timestamptz
      and received_at < ${new Date(until).toISOString()}::timestamptz`);
  return ((row?.stored ?? 0) * 1000) / (until - from);
}

/** What one rate left behind in the queue is drained before the next is measured; for twenty seconds at most. */
async function untilFresh(page: Page): Promise<void> {
  const end = clock.monotonic() + 20_000;
  while (clock.monotonic() < end) {
    await takeSeen(page);
    await clock.sleep(1000);
    const seen = await takeSeen(page);
    if (seen.length > 0 && seen.every(([, sourceTime, paintedAt]) => paintedAt - sourceTime < 1000)) return;
  }
}
