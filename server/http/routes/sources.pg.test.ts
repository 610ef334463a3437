import { rmSync } from "node:fs";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { audit } from "#db/schema/core/core.ts";
import { enrolmentCode, source } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { reading } from "#db/schema/edge/ingest.ts";
import { systemClock } from "#server/core/clock.ts";
import { TestDevice } from "#server/device/modbus/testing.ts";
import { createDevice } from "#server/device/socketio/client-example.ts";
import { type RunningEdge, startEdge } from "#server/edge/testing/edges.ts";
import { tempFolder } from "#server/edge/testing/queues.ts";
import { makePlant, startServer, type TestPlant, type TestServer } from "#server/execution/ingest/testing.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { sourcesRoutes } from "./sources.ts";
import { tagsRoutes } from "./tags.ts";

/** A real edge on a real gateway; the API sees both. */
let house: TestHouse;
let plant: TestPlant;
let server: TestServer;
let running: RunningEdge;
let admin: TestBrowser;
const folder = tempFolder("sources");
const patience = { timeout: 15_000, interval: 50 };

beforeAll(async () => {
  const late = {
    health: () => server.gateway.health(),
    rates: () => server.gateway.rates(),
    probe: (...given: Parameters<typeof server.gateway.probe>) => server.gateway.probe(...given),
    peek: (...given: Parameters<typeof server.gateway.peek>) => server.gateway.peek(...given),
  };
  house = await testHouse([sourcesRoutes({ edges: late, publicKey: "the public key" }), tagsRoutes]);
  plant = await makePlant(house.db, "src", 1);
  await house.db.update(source).set({ enabled: false }).where(eq(source.id, plant.sourceId));
  server = await startServer(house.db, { documentEveryMs: 100 });
  const publicKey = server.publicKey.export({ type: "spki", format: "pem" }).toString();
  const { edgeCode: code, token } = plant;
  running = await startEdge(folder, { url: server.url, publicKey }, { code, token });
  admin = await house.signedIn("administrator");
  await vi.waitFor(() => expect(server.gateway.health()[plant.edgeId]).toBeDefined(), patience);
}, 60_000);
afterAll(async () => {
  await running.stop();
  await server.close();
  await house.close();
  rmSync(folder, { recursive: true, force: true });
});

const add = (code: string, driver: string, config: object = {}) =>
  admin.post("/sources", { edgeId: plant.edgeId, code, driver, config });
const of = async (code: string) =>
  ((await admin.get("/sources")).body as { code: string; id: number; health: { state: string } }[]).find(
    (one) => one.code === code,
  );
const modbus = (port: number, type = "int16") => ({
  host: "127.0.0.1",
  port,
  timeoutMs: 300,
  groups: [{ pollMs: 50, registers: [{ metric: "speed", table: "holding", address: 1, type }] }],
});

test("a Modbus device is tried, added, found, looked at and mapped, and its readings are stored, without a restart", async () => {
  const device = new TestDevice();
  await device.up();
  device.set("holding", 1, Buffer.from([0x01, 0x2c]));
  const tried = await admin.post("/sources/try", {
    edgeId: plant.edgeId,
    driver: "modbus",
    config: modbus(device.port),
  });
  // The route's body is a question and no command: it carries no command id.
  expect(tried.status).toBe(400);
  const { body } = await admin.call("POST", "/sources/try", {
    edgeId: plant.edgeId,
    driver: "modbus",
    config: modbus(device.port),
  });
  expect(body).toMatchObject({ connected: true, problem: null, seen: [{ metric: "speed", value: 300 }] });

  const added = await add("lathe", "modbus", modbus(device.port));
  expect(added.status).toBe(200);
  const { sourceId } = added.body;
  await vi.waitFor(async () => {
    const found = (await admin.get("/discovered-metrics")).body as { sourceId: number; metric: string }[];
    expect(found).toContainEqual(expect.objectContaining({ sourceId, metric: "speed" }));
  }, patience);
  await vi.waitFor(async () => {
    const seen = await admin.get(`/sources/${sourceId}/seen`);
    expect(seen.body).toMatchObject([{ metric: "speed", value: 300, quality: 0 }]);
  }, patience);

  const tag = { name: "Speed", meaning: "measurement", datatype: "number", unit: "rpm", scale: 0.1 };
  const mapped = await admin.post("/tags", { ...tag, sourceId, machineId: plant.machineId, metric: "speed" });
  expect(mapped.status).toBe(200);
  device.set("holding", 1, Buffer.from([0x01, 0x36]));
  await vi.waitFor(async () => {
    const stored = await house.db.select().from(reading).where(eq(reading.tagId, mapped.body.tagId));
    expect(stored.map(({ num }) => num)).toContainEqual(expect.closeTo(31, 5));
  }, patience);
  await vi.waitFor(async () => expect((await of("lathe"))?.health.state).toBe("live"), patience);
  expect((await admin.get(`/sources/${sourceId}/tags`)).body).toMatchObject([{ name: "Speed", scale: 0.1 }]);
  await device.down();
  await vi.waitFor(
    async () =>
      expect(await of("lathe")).toMatchObject({
        health: { state: "not_connected", problem: expect.stringMatching(/ECONNREFUSED|closed/) },
      }),
    patience,
  );
  // Put away, it is no longer tried; taken up again it is.
  await admin.post(`/sources/${sourceId}`, { enabled: false });
  await vi.waitFor(
    () => expect(running.health().sources.map(({ id }) => id)).not.toContain(sourceId),
    patience,
  );
  expect((await of("lathe"))?.health.state).toBe("off");
}, 60_000);

test("a config that its driver could not read is refused at the door, with the field, and nothing is stored", async () => {
  const wrong = await add("bad", "modbus", modbus(1, "int17"));
  expect(wrong).toMatchObject({
    status: 400,
    body: { refusal: { code: "invalid", field: "config.groups.0.registers.0.type" } },
  });
  const topics = await add("bad", "mqtt", { mappings: [{ filter: "a/#/b", payload: "number" }] });
  expect(topics.body.refusal).toMatchObject({ code: "invalid", field: "config" });
  const surplus = await add("bad", "socketio", { host: "x" });
  expect(surplus.body.refusal).toMatchObject({ field: "config.host" });
  expect(await of("bad")).toBeUndefined();
  const twice = [await add("twin", "socketio"), await add("twin", "socketio")];
  expect(twice.map(({ status }) => status)).toEqual([200, 409]);
  const node = (said: string) => ({
    url: "opc.tcp://cnc-1:4840",
    nodes: [{ metric: "cnc-1/Speed", node: said }],
  });
  // The index of a namespace moves when the server gets another one; its URI does not.
  expect((await add("cnc-hall", "opcua", node("ns=3;s=Speed"))).status).toBe(400);
  expect(await of("cnc-hall")).toBeUndefined();
});

test("a password of a source is never given out, and stays when a change does not name it", async () => {
  const config = { group: "g", node: "n", username: "u", password: "secret" };
  const { body } = await add("node", "sparkplug", config);
  expect(JSON.stringify((await admin.get("/sources")).body)).not.toContain("secret");
  await admin.post(`/sources/${body.sourceId}`, { config: { group: "g", node: "n2", username: "u" } });
  const [row] = await house.db.select().from(source).where(eq(source.id, body.sourceId));
  expect(row?.config).toEqual({ group: "g", node: "n2", username: "u", password: "secret" });
  expect(JSON.stringify(await house.db.select().from(audit))).not.toContain("secret");
});

test("a device gets its token for a code, once; a new code rotates it, and whoever is shut out is cut within seconds", async () => {
  const { body } = await add("packer", "socketio");
  const path = `/sources/${body.sourceId}`;
  const device = house.browser();
  const enrol = (code: string) => device.call("POST", "/enrol", { code });
  const first = (await admin.post(`${path}/code`)).body.code as string;
  const enrolled = await enrol(first.toLowerCase());
  expect(enrolled.body).toMatchObject({ kind: "source", source: "packer", token: expect.any(String) });
  expect((await enrol(first)).body.refusal.code).toBe("code_wrong");
  const [row] = await house.db.select().from(source).where(eq(source.id, body.sourceId));
  expect(JSON.stringify(row)).not.toContain(enrolled.body.token);

  const connect = (token: string) =>
    createDevice({
      url: `http://127.0.0.1:${running.devices.port}`,
      source: "packer",
      token,
      session: crypto.randomUUID(),
      clock: systemClock,
      capacity: 1000,
      onWrite: () => ({ result: "accepted" }),
      onSent: () => undefined,
      onDropped: () => undefined,
      onProblem: () => undefined,
    });
  const connected = async () => running.health().sources.find(({ id }) => id === body.sourceId)?.connected;
  const packer = connect(enrolled.body.token);
  await vi.waitFor(async () => expect(await connected()).toBe(true), patience);

  // A code alone changes nothing yet; spending it does.
  const { code } = (await admin.post(`${path}/code`)).body;
  expect(await connected()).toBe(true);
  const rotated = (await enrol(code)).body.token as string;
  packer.stop();
  const again = connect(rotated);
  await vi.waitFor(async () => expect(await connected()).toBe(true), patience);
  await admin.post(`${path}/revoke`);
  await vi.waitFor(async () => expect(await connected()).toBe(false), patience);
  again.stop();
}, 60_000);

test("a code that is an hour old is worth nothing", async () => {
  const { body } = await add("late", "socketio");
  const { code } = (await admin.post(`/sources/${body.sourceId}/code`)).body;
  await house.db
    .update(enrolmentCode)
    .set({ expiresAt: new Date(house.clock.now()) })
    .where(eq(enrolmentCode.sourceId, body.sourceId));
  const answer = await house.browser().call("POST", "/enrol", { code });
  expect(answer.body.refusal.code).toBe("code_wrong");
});

test("a second edge comes with a code, delivers, and is cut and turned away when it is shut out", async () => {
  const made = await admin.post("/edges", { code: "edge-hall-2", name: "Hall 2" });
  const { body } = await house.browser().call("POST", "/enrol", { code: made.body.code });
  expect(body).toMatchObject({ kind: "edge", edge: "edge-hall-2", publicKey: "the public key" });
  const { socket } = await server.edge({ edgeCode: "edge-hall-2", token: body.token });
  const [row] = await house.db.select().from(edge).where(eq(edge.code, "edge-hall-2"));
  const gone = new Promise<void>((resolve) => socket.once("disconnect", () => resolve()));
  await admin.post(`/edges/${row?.id ?? 0}/revoke`);
  await gone;
  await expect(server.edge({ edgeCode: "edge-hall-2", token: body.token })).rejects.toThrow("unauthorised");
  const listed = (await admin.get("/edges")).body as { code: string; online: boolean }[];
  expect(listed.map(({ code, online }) => [code, online])).toEqual([
    ["edge-hall-2", false],
    ["edge-src", true],
  ]);
});

test("a source of an edge that is away can be neither tried nor looked at, and says so", async () => {
  const made = await admin.post("/edges", { code: "edge-away", name: "Away" });
  expect(made.status).toBe(200);
  const [row] = await house.db.select().from(edge).where(eq(edge.code, "edge-away"));
  const tried = await admin.call("POST", "/sources/try", { edgeId: row?.id ?? 0, driver: "socketio" });
  expect(tried.body.refusal.code).toBe("edge_away");
  const added = await admin.post("/sources", { edgeId: row?.id ?? 0, code: "far", driver: "socketio" });
  expect((await of("far"))?.health.state).toBe("edge_away");
  expect((await admin.get(`/sources/${added.body.sourceId}/seen`)).body.refusal.code).toBe("edge_away");
});
