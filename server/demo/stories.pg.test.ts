import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { eq } from "drizzle-orm";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { setting } from "#db/schema/core/core.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Clock } from "#server/core/clock.ts";
import { type Loop, makeLoop } from "#server/execution/adjustments/loop-testing.ts";
import { adjustmentsRoutes } from "#server/http/routes/adjustments.ts";
import { demoRoutes } from "#server/http/routes/demo.ts";
import { healthRoutes } from "#server/http/routes/health.ts";
import { peopleRoutes } from "#server/http/routes/people.ts";
import { sessionRoutes } from "#server/http/routes/session.ts";
import { stationsRoutes } from "#server/http/routes/stations.ts";
import { type TestHouse, testHouse, testPepper } from "#server/http/testing.ts";
import { identify, waitUntilGone } from "#server/launcher/processes.ts";
import type { DemoAddress, StoryStep } from "./demo.contract.ts";
import { ApiHand, HandProblem } from "./hand.ts";
import { playLoop, playOutage, type Stage } from "./stories.ts";

// Minutes of a plant in seconds, yet some hundreds of batches: a busy computer needs its time.
vi.setConfig({ testTimeout: 180_000 });

/** The stories, told through the real API to a real plant in miniature; the plant's time passes while they wait. */
let house: TestHouse;
let loop: Loop;
let api: ApiHand;
let url: string;
let front: Server;
let plant: Server;
let control: string;
let stations = 1;
/** What the story asked of the machines. */
const asked: string[] = [];
/** What the plant's log answers. */
let log: { count: number; entries: { metric: string; at: number; value: number }[] } = {
  count: 0,
  entries: [],
};

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<{ name?: string; machine?: string }> {
  let text = "";
  for await (const part of request) text += String(part);
  return text === "" ? {} : JSON.parse(text);
}

async function obey(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const { name, machine } = await bodyOf(request);
  if (path !== "/log") asked.push(`${path} ${name ?? ""} ${machine ?? ""}`);
  if (name === "cooling-clog") loop.press.extra = 9;
  if (path === "/clear") loop.press.extra = 0;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(path === "/log" ? log : {}));
}

beforeAll(async () => {
  const parts = { screens: () => ({ ok: true, figures: { stations } }) };
  const own = [sessionRoutes, peopleRoutes(testPepper), stationsRoutes, adjustmentsRoutes, demoRoutes];
  house = await testHouse([...own, healthRoutes({ parts, versions: {} })], { alone: true });
  await house.db.update(workUnit).set({ code: "another" }).where(eq(workUnit.code, "press-2"));
  loop = await makeLoop(house.db, "press-2", house.clock.now());
  await loop.run(3);
  const answer = getRequestListener(house.app.fetch);
  front = createServer((request, response) => void answer(request, response));
  url = await listen(front);
  plant = createServer((request, response) => void obey(request, response));
  control = await listen(plant);
  await house.person("2001", ["supervisor"], "Dana");
  api = new ApiHand(url);
  await api.signIn("2001", "password-2001");
}, 120_000);
afterAll(async () => {
  front.close();
  plant.close();
  await house.close();
});

/** While a story waits, the plant runs. */
const clock: Clock = {
  now: () => loop.clock.now(),
  monotonic: () => loop.clock.monotonic(),
  async sleep(ms) {
    house.clock.advance(Math.ceil(ms / 1000) * 1000);
    await loop.run(Math.ceil(ms / 1000));
  },
};

function stage(
  over: Partial<Stage> = {},
): Stage & { told: (readonly [number, StoryStep["params"]])[]; words: string[] } {
  const told: (readonly [number, StoryStep["params"]])[] = [];
  const words: string[] = [];
  const demo: DemoAddress = { url, control, device: control, server: null };
  return {
    told,
    words,
    demo,
    api,
    clock,
    find: () => Promise.resolve(demo),
    say: (text) => void words.push(text),
    administrator: () => Promise.reject(new Error("no story here asks for one")),
    tell: async (step, text, params = {}) => {
      told.push([step, params]);
      words.push(text);
      await api.post("/demo/story", { story: { name: "loop", step, steps: 6, params } });
    },
    ...over,
  };
}

test("a story's step stands on every screen until it ends, and one that was broken off is over by itself", async () => {
  const station = await house.station();
  const story = { name: "loop", step: 2, steps: 6, params: { from: 230 } };
  const playing = async () => (await station.get("/demo/story")).body.story;
  expect(await playing()).toBeNull();
  expect((await station.post("/demo/story", { story })).body.refusal.code).toBe("badge_needed");
  const manager = await house.signedIn("manager");
  expect((await manager.post("/demo/story", { story })).body.refusal.code).toBe("not_allowed");
  await api.post("/demo/story", { story });
  expect(await playing()).toMatchObject(story);
  house.clock.advance(10 * 60_000 + 1);
  expect(await playing()).toBeNull();
  await api.post("/demo/story", { story: { ...story, step: 3 } });
  expect(await playing()).toMatchObject({ step: 3 });
  await api.post("/demo/story", { story: null });
  expect(await playing()).toBeNull();
  expect(await house.db.select().from(setting).where(eq(setting.key, "story"))).toEqual([]);
  await expect(api.post("/demo/story", { story: { ...story, name: "war" } })).rejects.toThrow(
    "/demo/story: invalid",
  );
});

test("the loop is played to its verdict: clog, proposal, approval, announcement, measured effect", async () => {
  await loop.run(60);
  const scene = stage();
  await playLoop(scene);
  expect(scene.told.map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  const [, change, , , verdict] = scene.told;
  expect(change?.[1]).toMatchObject({ from: 230, to: expect.any(Number) });
  expect(verdict?.[1]).toEqual({ verdict: "helped" });
  expect(loop.press.meltSetpoint).toBe(change?.[1]["to"]);
  expect(asked).toEqual(["/clear  press-2", "/fault cooling-clog press-2", "/clear  press-2"]);
});

test("a change is announced at a station, so the story waits for one, and says how to open it", async () => {
  stations = 0;
  const scene = stage();
  await expect(playLoop(scene)).rejects.toThrow(/Waited 180 s in vain: no station was opened/);
  expect(scene.words).toEqual([expect.stringContaining("Open the station of press 2 first")]);
  expect(scene.told).toEqual([]);
  stations = 1;
});

test("in the outage the server is killed for real, and what is missing from the trend is counted and told", async () => {
  const from = loop.clock.now();
  const metric = "press-2/Cycles";
  log = { count: 7, entries: [1, 2, 3].map((value) => ({ metric, at: from + 1000 + value, value })) };
  const victim = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(victim, "spawn");
  const server = identify(victim.pid ?? 0);
  if (server === null) throw new Error("the victim did not start");
  const served = {
    tags: [{ id: 5, metric }],
    value: [null, 1, 3],
  };
  const asks: string[] = [];
  const reads = Object.assign(Object.create(api) as ApiHand, {
    get: (path: string) => {
      asks.push(path);
      return Promise.resolve(served);
    },
  });
  const scene = stage({ api: reads, find: () => Promise.resolve({ url, control, device: control, server }) });
  await playOutage(scene);
  expect(await waitUntilGone(server, 1000)).toBe(true);
  expect(scene.words).toContain("   killed 1 times");
  expect(scene.told.map(([step]) => step)).toEqual([1, 2, 3]);
  expect(scene.told[2]?.[1]).toEqual({ sent: 3, missing: 1 });
  expect(asks[1]).toMatch(/^\/tags\/5\/readings\?from=\d+&to=\d+&points=4000$/);
  expect(scene.words.at(-1)).toContain("may still be delivering");
});

test("whatever the API refuses is said by path and code", async () => {
  const stranger = new ApiHand(url);
  await expect(stranger.signIn("2001", "wrong-password")).rejects.toThrow("/session/password: sign_in_wrong");
  await expect(stranger.get("/adjustments")).rejects.toThrow(HandProblem);
});
