import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { roles } from "#server/core/actor.contract.ts";
import { defineCommand } from "#server/core/command.ts";
import { addPerson } from "#server/execution/people/people.commands.ts";
import { maxBodyBytes } from "./body.ts";
import { type ApiRouter, commandRoute, queryRoute } from "./route.ts";
import { type TestHouse, testHouse } from "./testing.ts";

/** Routes of a feature that a test can hold open or break. */
const gate = { open: () => {}, runs: 0 };
function sampleRoutes(api: ApiRouter): void {
  queryRoute(api, {
    path: "/sample/slow",
    action: "floor.look",
    response: z.object({ run: z.number() }),
    summary: "Waits",
    shared: true,
    run: async () => {
      gate.runs += 1;
      const run = gate.runs;
      await new Promise<void>((resolve) => {
        gate.open = resolve;
      });
      return { run };
    },
  });
  queryRoute(api, {
    path: "/sample/machines/:machineId",
    params: z.object({ machineId: z.coerce.number().int() }),
    action: "floor.look",
    scope: ({ input }) => ({ machineId: input.machineId }),
    response: z.object({ machineId: z.number() }),
    summary: "One machine",
    run: async ({ input }) => input,
  });
  commandRoute(api, {
    path: "/sample/bug",
    command: defineCommand({
      name: "sample.bug",
      input: z.object({}),
      allow: () => ({ action: "people.manage" }),
      run: async () => {
        throw new Error("the secret inside");
      },
    }),
    response: z.unknown(),
    summary: "A bug",
  });
}

let house: TestHouse;
beforeAll(async () => {
  house = await testHouse([sampleRoutes]);
});
afterAll(() => house.close());

const open = [
  "GET /health",
  "POST /session/badge",
  "POST /session/password",
  "POST /session/pin",
  "POST /stations/enrol",
];

test("without a session or a station only health and the ways in answer", async () => {
  const admin = await house.signedIn("administrator");
  const { body: document } = await admin.get("/openapi.json");
  // What the door answers beside the API stands in the document too and has tests of its own.
  const own = Object.entries<object>(document.paths).filter(([path]) => path.startsWith("/api/v1/"));
  const all = own.flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`),
  );
  expect(all.length).toBeGreaterThan(15);
  expect(all.filter((one) => open.includes(one)).toSorted()).toEqual(open);
  for (const route of [...all, "GET /openapi.json"]) {
    const [method = "", path = ""] = route.split(" ");
    const stranger = house.browser();
    const answer = await stranger.call(
      method,
      path.replaceAll(/\{\w+\}/g, crypto.randomUUID()),
      method === "POST" ? {} : undefined,
    );
    if (open.includes(route))
      expect([route, answer.body.refusal?.code]).not.toEqual([route, "sign_in_needed"]);
    else
      expect([route, answer.status, answer.body]).toEqual([
        route,
        401,
        { refusal: { code: "sign_in_needed", params: {} } },
      ]);
  }
});

test("what nobody knows is 404 as JSON, also the sign-in library's own endpoints", async () => {
  for (const path of ["/nothing", "/../auth/sign-up/email", "/people/x/y/z"]) {
    expect((await house.browser().get(path)).body).toEqual({ refusal: { code: "not_found", params: {} } });
  }
  const signUp = new Request("http://localhost/api/auth/sign-up/email", {
    method: "POST",
    headers: { origin: "http://localhost" },
  });
  expect((await house.app.fetch(signUp)).status).toBe(404);
});

test("a role that may not is told so; a station is asked for a badge", async () => {
  for (const role of roles.filter((one) => one !== "administrator" && one !== "service")) {
    const browser = await house.signedIn(role);
    const answer = await browser.get("/people");
    expect([role, answer.status, answer.body.refusal.code]).toEqual([role, 403, "not_allowed"]);
  }
  const station = await house.station();
  expect((await station.get("/people")).body.refusal.code).toBe("badge_needed");
});

test("a station sees its own machines", async () => {
  const station = await house.station();
  expect((await station.get(`/sample/machines/${house.machineId}`)).status).toBe(200);
  expect((await station.get(`/sample/machines/${house.otherMachineId}`)).status).toBe(401);
});

test("only our own pages may write", async () => {
  const admin = await house.signedIn("administrator");
  const body = { commandId: crypto.randomUUID(), code: "5001", name: "Eve", roles: ["operator"] };
  const strange: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "https://localhost" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of strange) {
    const answer = await admin.call("POST", "/people", body, headers);
    expect([headers, answer.status, answer.body.refusal.code]).toEqual([headers, 403, "wrong_origin"]);
  }
  const silent = new Request("http://localhost/api/v1/people", {
    method: "POST",
    headers: { cookie: admin.cookies(), "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect((await house.app.fetch(silent)).status).toBe(403);
  expect((await admin.call("POST", "/people", body, { "sec-fetch-site": "same-origin" })).status).toBe(200);
});

test("bodies are JSON, of at most 64 KB, not nested too deep, and without NUL", async () => {
  const admin = await house.signedIn("administrator");
  const send = async (text: string | ReadableStream, type = "application/json") => {
    const headers = { cookie: admin.cookies(), origin: "http://localhost", "content-type": type };
    const request = new Request("http://localhost/api/v1/people", {
      method: "POST",
      headers,
      body: text,
      duplex: "half",
    } as RequestInit);
    const answer = await house.app.fetch(request);
    return [answer.status, ((await answer.json()) as { refusal?: { code: string } }).refusal?.code];
  };
  const person = (name: string) =>
    JSON.stringify({ commandId: crypto.randomUUID(), code: "5002", name, roles: ["operator"] });
  expect(await send(person("Zoe"), "text/plain")).toEqual([415, "not_json"]);
  expect(await send(person("Zoe"), "application/x-www-form-urlencoded")).toEqual([415, "not_json"]);
  expect(await send('{"name": ')).toEqual([415, "not_json"]);
  expect(await send("")).toEqual([415, "not_json"]);
  expect(await send(person("x".repeat(10 * 1024 * 1024)))).toEqual([413, "too_large"]);
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 8192;
      controller.enqueue(new Uint8Array(8192).fill(32));
    },
  });
  expect(await send(endless)).toEqual([413, "too_large"]);
  expect(sent).toBeLessThan(4 * maxBodyBytes);
  expect(await send(`${"[".repeat(30)}${"]".repeat(30)}`)).toEqual([400, "invalid"]);
  expect(await send(person("Zo\0e"))).toEqual([400, "invalid"]);
  expect(await send(person("Zo\u202Ee"))).toEqual([400, "invalid"]);
  expect((await send(person("Zoe")))[0]).toBe(200);
});

test("a refusal names the field, also one that nobody knows", async () => {
  const admin = await house.signedIn("administrator");
  const good = { code: "5003", name: "Zoe", roles: ["operator"] };
  const fields = async (change: object) =>
    (await admin.post("/people", { ...good, ...change })).body.refusal.field;
  expect(await fields({ roles: ["king"] })).toBe("roles.0");
  expect(await fields({ roles: ["service"] })).toBe("roles.0");
  expect(await fields({ isAdmin: true })).toBe("isAdmin");
  expect(await fields({ commandId: "1" })).toBe("commandId");
  expect((await admin.get("/audit?mashine=1")).body.refusal.field).toBe("mashine");
  expect((await admin.get("/audit?objectId=%00")).status).toBe(400);
});

test("a double tap adds one person", async () => {
  const admin = await house.signedIn("administrator");
  const body = { commandId: crypto.randomUUID(), code: "5004", name: "Zoe", roles: ["operator"] };
  const [one, two] = await Promise.all([
    admin.call("POST", "/people", body),
    admin.call("POST", "/people", body),
  ]);
  expect(one.status).toBe(200);
  expect(two.body).toEqual(one.body);
  const people: { code: string }[] = (await admin.get("/people")).body;
  expect(people.filter((person) => person.code === "5004")).toHaveLength(1);
});

test("a bug is an id on the screen and nothing of its inside", async () => {
  const admin = await house.signedIn("administrator");
  const { status, body } = await admin.post("/sample/bug");
  expect(status).toBe(500);
  expect(body).toEqual({ error: { id: expect.stringMatching(/^[0-9a-f]{8}$/) } });
});

test("what is being read for somebody else is still nothing for a stranger", async () => {
  const station = await house.station();
  const first = station.get("/sample/slow?v=7");
  await expect.poll(() => gate.runs).toBe(1);
  expect((await house.browser().get("/sample/slow?v=7")).status).toBe(401);
  gate.open();
  expect((await first).body).toEqual({ run: 1 });
});

test("the last administrator cannot leave, nor can two at once", async () => {
  const others: { id: string; roles: string[]; active: boolean }[] = (
    await (await house.signedIn("administrator")).get("/people")
  ).body;
  const keep = await house.signedIn("administrator");
  const me = (await keep.get("/session")).body.actor.personId;
  const rest = others.filter((one) => one.roles.includes("administrator") && one.active && one.id !== me);
  for (const one of rest) expect((await keep.post(`/people/${one.id}`, { active: false })).status).toBe(200);
  expect((await keep.post(`/people/${me}`, { roles: ["operator"] })).body.refusal.code).toBe(
    "last_administrator",
  );
  const { personId } = await addPerson.execute(house, house.founder, crypto.randomUUID(), {
    code: "9100",
    name: "Second",
    roles: ["administrator"],
  });
  const answers = await Promise.all([
    keep.post(`/people/${me}`, { active: false }),
    keep.post(`/people/${personId}`, { active: false }),
  ]);
  expect(answers.filter((one) => one.status === 200)).toHaveLength(1);
});

test("health answers anybody, and a part that fails takes no other with it", async () => {
  const { status, body } = await house.browser().get("/health");
  expect([status, body.status, body.versions]).toEqual([200, "ok", { millwright: "test" }]);
});
