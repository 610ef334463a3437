import { testDb } from "#db/testing.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { type Actor, founderActor, type Role } from "#server/core/actor.contract.ts";
import { ManualClock, systemClock } from "#server/core/clock.ts";
import { createLogger } from "#server/core/log.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { EdgeEye } from "#server/execution/ingest/edge-link.ts";
import { giveBadge } from "#server/execution/people/badges.commands.ts";
import { addPerson, setPassword, setPinCommand } from "#server/execution/people/people.commands.ts";
import { makeStation } from "#server/execution/people/stations.commands.ts";
import { routes } from "#server/features.ts";
import { createApi } from "./api.ts";
import { type Auth, createAuth } from "./auth.ts";
import { withCookies } from "./cookies.ts";
import type { Routes } from "./route.ts";
import { auditRoutes } from "./routes/audit.ts";
import { healthRoutes } from "./routes/health.ts";
import { peopleRoutes } from "./routes/people.ts";
import { sessionRoutes } from "./routes/session.ts";
import { stationsRoutes } from "./routes/stations.ts";

export interface Answer {
  readonly status: number;
  /** The parsed JSON, whatever it is. */
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any
  readonly headers: Headers;
}

/** A browser's memory of cookies before an API that is called without a socket between. */
export interface TestBrowser {
  readonly cookies: () => string;
  call(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  /** POST with a fresh `commandId`. */
  post(path: string, body?: object): Promise<Answer>;
  get(path: string): Promise<Answer>;
}

/** A plant whose edges are all away. */
const noEdges: EdgeEye = {
  health: () => ({}),
  rates: () => new Map(),
  probe: () => Promise.reject(new Refusal("edge_away")),
  peek: () => Promise.reject(new Refusal("edge_away")),
};

/** Every route of every feature, as the server mounts them, with all edges away. */
export const allRoutes = () =>
  routes({
    pepper: testPepper,
    health: { parts: {}, versions: {} },
    sources: { edges: noEdges, publicKey: "" },
    readers: [],
    support: () => Promise.reject(new Error("no bundle here")),
  });

/** Any application that takes web requests. */
interface Fetches {
  fetch(request: Request): Response | Promise<Response>;
}

export function testBrowser(app: Fetches): TestBrowser {
  let jar = new Headers();
  const call: TestBrowser["call"] = async (method, path, body, headers = {}) => {
    const sent = new Headers({ cookie: jar.get("cookie") ?? "", ...headers });
    if (method !== "GET") sent.set("origin", headers["origin"] ?? "http://localhost");
    if (body !== undefined) sent.set("content-type", headers["content-type"] ?? "application/json");
    const init = { method, headers: sent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await app.fetch(new Request(`http://localhost/api/v1${path}`, init));
    jar = withCookies(jar, answer.headers.getSetCookie());
    return { status: answer.status, body: await answer.json(), headers: answer.headers };
  };
  return {
    cookies: () => jar.get("cookie") ?? "",
    call,
    post: (path, body = {}) => call("POST", path, { commandId: crypto.randomUUID(), ...body }),
    get: (path) => call("GET", path),
  };
}

export interface TestHouse {
  readonly db: Awaited<ReturnType<typeof testDb>>["db"];
  readonly url: string;
  readonly clock: ManualClock;
  readonly auth: Auth;
  readonly app: ReturnType<typeof createApi>;
  readonly founder: Actor;
  readonly machineId: number;
  readonly otherMachineId: number;
  /** A person with badge `<code>`, PIN `<code>00` (for six digits) and password `password-<code>`. */
  person(code: string, roles: readonly Role[], name?: string): Promise<string>;
  /** A browser that is enrolled as a station of these machines (by default the first). */
  station(machineIds?: readonly number[]): Promise<TestBrowser & { readonly stationId: string }>;
  /** A browser in which a person with these roles has signed in by password. */
  signedIn(...roles: Role[]): Promise<TestBrowser>;
  browser(): TestBrowser;
  /** Another process on the same database: nothing is remembered in memory. */
  restarted(): { auth: Auth; app: ReturnType<typeof createApi> };
  close(): Promise<void>;
}

export const testPepper = "a pepper for tests that is long enough";
const secret = "a secret for tests that is long enough and has 0123456789 in it";

/**
 * A house with two machines on one line and nobody in it, for tests on a database of their own.
 * @param routes further routes; with `alone` they are all there are
 */
export async function testHouse(
  routes: readonly Routes[] = [],
  { alone = false }: { alone?: boolean } = {},
): Promise<TestHouse> {
  const handle = await testDb();
  const { db } = handle;
  // The sign-in library reads the system's clock, so ours begins there too.
  const clock = new ManualClock(systemClock.now());
  const founder = founderActor("test");
  const deps = { db, clock };
  const build = () => {
    const auth = createAuth({ secret, pepper: testPepper }, db, { clock });
    const own = [
      sessionRoutes,
      peopleRoutes(testPepper),
      stationsRoutes,
      auditRoutes,
      healthRoutes({ parts: {}, versions: { millwright: "test" } }),
    ];
    const app = createApi({
      db,
      clock,
      // What a test did not expect to fail tells why.
      log: createLogger("api", "error"),
      auth,
      routes: alone ? routes : [...own, ...routes],
      version: "test",
    });
    return { auth, app };
  };
  const { auth, app } = build();
  const [line] = await db
    .insert(equipment)
    .values({ level: "line", code: "line-1", name: "Line 1" })
    .returning();
  const machines = await db
    .insert(workUnit)
    .values(
      ["press-1", "press-2"].map((code) => ({
        lineId: line?.id ?? 0,
        code,
        name: code,
        kind: "press",
        microStopMs: 1000,
        staleMs: 5000,
      })),
    )
    .returning();
  const [machineId = 0, otherMachineId = 0] = machines.map((one) => one.id);
  let made = 0;

  const person: TestHouse["person"] = async (code, roles, name = `Person ${code}`) => {
    const id = () => crypto.randomUUID();
    const { personId } = await addPerson.execute(deps, founder, id(), { code, name, roles });
    await giveBadge.execute(deps, founder, id(), { personId, badge: code });
    await setPinCommand(testPepper).execute(deps, founder, id(), { personId, pin: `${code}00` });
    await setPassword.execute(deps, founder, id(), { personId, password: `password-${code}` });
    return personId;
  };

  return {
    db,
    url: handle.url,
    clock,
    auth,
    app,
    founder,
    machineId,
    otherMachineId,
    person,
    browser: () => testBrowser(app),
    restarted: build,
    async station(machineIds = [machineId]) {
      made += 1;
      const input = { name: `Station ${made}`, machineIds };
      const { code, stationId } = await makeStation.execute(deps, founder, crypto.randomUUID(), input);
      const browser = testBrowser(app);
      await browser.post("/stations/enrol", { code });
      return { ...browser, stationId };
    },
    async signedIn(...roles) {
      made += 1;
      const code = String(7000 + made);
      await person(code, roles);
      const browser = testBrowser(app);
      await browser.post("/session/password", { person: code, password: `password-${code}` });
      return browser;
    },
    close: () => handle.close(),
  };
}
