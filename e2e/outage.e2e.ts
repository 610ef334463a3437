import type { Page } from "@playwright/test";
import { sql } from "drizzle-orm";
import { type Db, openDb } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { systemClock } from "#server/core/clock.ts";
import type { AdjustmentState, AdjustmentView } from "#server/execution/adjustments/adjustments.contract.ts";
import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { SessionView } from "#server/http/session.contract.ts";
import { edgeCode } from "#server/launcher/environment.ts";
import type { KillableChild, RunningPlant } from "#server/launcher/plant.ts";
import { badge, deskOf, expect, type House, scan, stationOf, test } from "./fixtures.ts";
import { LiveScreen, patience } from "./live-screen.ts";
import { alarmsAreTrue, derivedIsRecomputed, positions, unconsumed } from "./truth-derived.ts";
import { blocksAreStored, blocksOnDisk } from "./truth-queue.ts";
import { actedOnce, resting, saidIsStored, storedOnce, type Truth } from "./truth.ts";

// A killed server is no fault of the page that says so.
test.use({ forgiven: [/Failed to load resource|WebSocket connection|net::ERR|50[0-9]/] });

test("The server, the edge and the database are killed, each and all at once: nothing is lost, doubled or done twice", async ({
  browser,
  house,
}) => {
  test.setTimeout(900_000);
  const { plant, hand } = house;
  const db = openDb({ url: plant.databaseUrl, max: 2, name: "e2e", statementTimeoutMs: 60_000 });
  const first = await hand.said();
  const from = systemClock.now();
  const report = new Report();

  const one = await stationOf(browser, house, "press-1");
  const three = await stationOf(browser, house, "press-3");
  const office = await deskOf(browser, house, "dana");
  await office.goto("/office/machines/press-1");
  const screens = [new LiveScreen(one), new LiveScreen(three), new LiveScreen(office)];
  for (const screen of screens) await screen.isLive();

  const changeOne = await change(house, one, office, "press-1");
  await reaches(db, changeOne, (state) => state === "announced");
  await report.lap("the server, while a change is announced", () => killed(db, house, screens, ["server"]));

  await isSent(db, office, changeOne);
  const changeThree = await change(house, three, office, "press-3");
  await report.lap("the edge, right after a change was sent", () => killed(db, house, screens, ["edge"]));
  await report.lap("the edge, three times in a row in the middle of the births", async () => {
    for (let times = 1; times < 3; times++) {
      await plant.kill("edge");
      await plant.settled();
    }
    await killed(db, house, screens, ["edge"]);
  });
  await report.lap("the database, while a change is announced", () =>
    killed(db, house, screens, ["postgres"]),
  );
  await isSent(db, office, changeThree);
  await report.lap("server, edge and database at once, right after a change was sent", () =>
    killed(db, house, screens, ["server", "edge", "postgres"]),
  );
  await report.lap("the process that renders screens", async () => {
    await plant.kill("web");
    for (const screen of screens) await screen.isLive();
    await plant.settled();
    const fresh = await one.context().newPage();
    await expect(async () => void (await fresh.goto("/floor/press-1"))).toPass(patience);
    await new LiveScreen(fresh).isLive();
    await fresh.close();
  });

  const outage = { from: systemClock.now(), to: 0 };
  await report.lap("a minute without the server, with an over-temperature in it", async () => {
    const goOn = await withoutServer(plant);
    await hand.fault("over-temperature", "press-2");
    await expect
      .poll(async () => (await hand.writes()).some((w) => isStop(w.metric) && w.at >= outage.from), patience)
      .toBe(true);
    // A fault of the machine's own may come by chance in this minute: then it stands by that.
    await expect
      .poll(async () => (await hand.machine("press-2")).state, patience)
      .toMatch(/^(stopped|fault)$/);
    for (const screen of screens) await screen.isAway();
    await hand.clear("press-2");
    await expect
      .poll(() => systemClock.now() - outage.from, { timeout: 70_000, intervals: [1000] })
      .toBeGreaterThan(61_000);
    outage.to = systemClock.now();
    goOn();
    await plant.settled();
    for (const screen of screens) await screen.isLive();
  });
  const reflexes = db.execute<{ at: number; later: number }>(sql`
    select ${epochMs(sql`at`)} as at, ${epochMs(sql`received_at - at`)} as later from edge_event
    where kind = 'reflex' and data ->> 'change' = 'raised' and data ->> 'action' = 'request_stop'
      and at between ${instant(outage.from)} and ${instant(outage.to)}`);
  expect((await reflexes).length, "the reflex is reported with its own time").toBe(1);

  for (const id of [changeOne, changeThree]) await reaches(db, id, (state) => resting.has(state), 150_000);
  await report.truth(db, house, { from, first });
  expect(
    (await hand.writes()).filter((w) => w.metric.endsWith("/MeltSetpoint") && w.at >= from).length,
    "at least one change reached its machine, or nothing was proved about actuations",
  ).toBeGreaterThan(0);
  for (const screen of screens) await screen.isTheSamePage();
  await db.$client.end();
});

/** Kills parts at once; resolves when screens said so, all is back, and new readings are stored. */
async function killed(
  db: Db,
  { plant }: House,
  screens: readonly LiveScreen[],
  names: readonly KillableChild[],
): Promise<void> {
  const before = systemClock.now();
  const away = names.includes("server") ? screens.map((screen) => screen.isAway()) : [];
  await Promise.all([...away, ...names.map((name) => plant.kill(name))]);
  await plant.settled();
  await expect.poll(() => storedSince(db, before).catch(() => 0), patience).toBeGreaterThan(0);
  for (const screen of screens) await screen.isLive();
}

/** Readings whose own time is after a kill, so that the whole way from the machines works again. */
async function storedSince(db: Db, at: number): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    select count(*)::int as n from reading r join tag t on t.id = r.tag_id join source s on s.id = t.source_id
    where r.source_ts > ${instant(at + 1000)} and r.quality = 0 and s.driver = 'sparkplug'`);
  return row?.n ?? 0;
}

/**
 * Kills the server and holds the next one in its first moment, where nobody knows it yet. The supervisor would end
 * and replace one that is held later.
 * @returns lets it go on
 */
async function withoutServer(plant: RunningPlant): Promise<() => void> {
  const old = plant.pids().server;
  await plant.kill("server");
  const next = () => {
    const { server } = plant.pids();
    return server === old ? undefined : server;
  };
  await expect.poll(next, { ...patience, intervals: [20] }).toBeDefined();
  const held = next();
  if (held === undefined) throw new Error("there is no server to hold");
  process.kill(held, "SIGSTOP");
  return () => void process.kill(held, "SIGCONT");
}

const isStop = (metric: string): boolean => metric === "press-2/StopRequest";

/** A setter proposes at the station to lower the melt set-point by two degrees, the supervisor approves at the desk. */
async function change({ hand }: House, station: Page, office: Page, machine: string): Promise<string> {
  await scan(station, badge.chen);
  await expect
    .poll(async () => (await api<SessionView>(station, "GET", "/session")).actor.kind, patience)
    .toBe("person");
  await takeAlarms(station, machine);
  const { id: machineId, tags } = await api<MachineView>(station, "GET", `/machines/${machine}`);
  const tagId = tags.find((tag) => tag.metric === `${machine}/MeltSetpoint`)?.id;
  const setpoint = (await hand.machine(machine)).meltSetpoint ?? Number.NaN;
  const proposed = await api<AdjustmentView>(station, "POST", "/adjustments", {
    machineId,
    tagId,
    value: setpoint - 2,
    reason: "The parts are a little too warm",
  });
  const { id, version } = proposed;
  await api(office, "POST", `/adjustments/${id}/approve`, { version });
  return id;
}

/**
 * What an earlier story left on the machine would block a change: whoever stands here takes it, until all is over. A
 * detector that summed a drift up needs as many quiet windows to forget it.
 */
async function takeAlarms(station: Page, machine: string): Promise<void> {
  await expect(async () => {
    const open = await api<AlarmCard[]>(station, "GET", `/alarms?machine=${machine}`);
    for (const alarm of open.filter(({ state }) => state === "unack" || state === "rtn_unack"))
      await api(station, "POST", `/alarms/${alarm.id}/take`, {});
    expect(open.map((alarm) => alarm.kind)).toEqual([]);
  }).toPass({ timeout: 180_000, intervals: [250] });
}

/** Asks the API as this page's person. A server that is just coming back is asked again: with the same command. */
async function api<T>(page: Page, method: string, path: string, input?: object): Promise<T> {
  const body = input === undefined ? undefined : JSON.stringify({ commandId: crypto.randomUUID(), ...input });
  let answer: { ok: boolean; text: string } = { ok: false, text: "" };
  await expect(async () => {
    answer = await page.evaluate(
      async (asked) => {
        const response = await fetch(`/api/v1${asked.path}`, {
          method: asked.method,
          ...(asked.body === undefined
            ? {}
            : { body: asked.body, headers: { "content-type": "application/json" } }),
        });
        return { ok: response.ok, text: await response.text() };
      },
      { method, path, body },
    );
    expect(answer.text).not.toMatch(/^$|Bad Gateway|"busy"/);
  }).toPass(patience);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.text}`);
  return JSON.parse(answer.text) as T;
}

/**
 * Waits until a change was sent. The gate blocks it when its countdown ends before the edge or the station is back;
 * then the supervisor releases it, as often as it takes.
 */
async function isSent(db: Db, office: Page, id: string): Promise<void> {
  const before: ReadonlySet<AdjustmentState> = new Set(["approved", "announced"]);
  await expect(async () => {
    await reaches(db, id, (state) => !before.has(state));
    const { state, version } = await api<AdjustmentView>(office, "GET", `/adjustments/${id}`);
    if (state === "blocked")
      await api(office, "POST", `/adjustments/${id}/release`, { version, reason: "All is back" });
    expect(state).not.toBe("blocked");
  }).toPass({ timeout: 3 * patience.timeout });
}

async function reaches(
  db: Db,
  id: string,
  there: (state: AdjustmentState) => boolean,
  timeout = patience.timeout,
): Promise<void> {
  let state: AdjustmentState | "unread" = "unread";
  const ask = async (): Promise<boolean> => {
    const rows = await db.execute<{ state: AdjustmentState }>(
      sql`select state from adjustment where id = ${id}`,
    );
    state = rows[0]?.state ?? "unread";
    return state !== "unread" && there(state);
  };
  await expect
    .poll(() => ask().catch(() => false), {
      timeout,
      intervals: [50],
      message: `adjustment ${id} moves on`,
    })
    .toBe(true);
}

/** What was done and found, as numbers for whoever reads the run. */
class Report {
  readonly #began = systemClock.monotonic();

  async lap(what: string, act: () => Promise<void>): Promise<void> {
    const began = systemClock.monotonic();
    await test.step(what, act);
    this.#note(what, `${((systemClock.monotonic() - began) / 1000).toFixed(1)} s`);
  }

  #note(type: string, description: string): void {
    test.info().annotations.push({ type, description });
  }

  /** Compares the plant's own log, the edge's disk, and everything derived, with the database. */
  async truth(db: Db, { plant, hand }: House, since: { from: number; first: number }): Promise<void> {
    const [seeded] = await db.execute<{ at: number }>(
      sql`select (value ->> 'seededAt')::float8 as at from setting where key = 'demo'`,
    );
    const start = (seeded?.at ?? since.from) - 60_000;
    const until = systemClock.now() - 2000;
    const blocks = await blocksOnDisk(`${plant.folders.house}/edge/queue`);
    const onDisk = () => blocksAreStored(db, blocks, { edge: edgeCode, since: start });
    await expect.poll(async () => (await onDisk()).waiting, { timeout: 60_000 }).toBe(0);
    const here = await positions(db);
    await expect.poll(() => unconsumed(db, here), { timeout: 60_000 }).toEqual([]);
    const said = (await hand.log(since.first)).filter((entry) => entry.at <= until);
    const period = { from: since.from, to: until };
    const checks: Record<string, () => Promise<Truth>> = {
      "readings on the edge's disk are in the database as they are": onDisk,
      "acknowledged readings stand exactly once": () => storedOnce(db, start),
      "what the plant said is stored or lies in a gap": () => saidIsStored(db, said, period),
      "each change was done at most once": async () => actedOnce(db, await hand.writes(), start),
      "derived records are those of a recomputation": () => derivedIsRecomputed(db, since.from, until - 6000),
    };
    for (const [what, check] of Object.entries(checks)) {
      const { wrong, ...counted } = await check();
      this.#note(what, JSON.stringify(counted));
      expect.soft(wrong.slice(0, 12), `${what}; ${wrong.length} are wrong`).toEqual([]);
      expect.soft(counted.looked, `${what}: something was looked at`).toBeGreaterThan(0);
    }
    await expect
      .poll(async () => (await alarmsAreTrue(db)).wrong, { timeout: 30_000, message: "alarms are true" })
      .toEqual([]);
    this.#note("seconds", String(Math.round((systemClock.monotonic() - this.#began) / 1000)));
  }
}
