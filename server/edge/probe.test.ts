import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { connectAsync } from "mqtt";
import { expect, onTestFinished, test, vi } from "vitest";
import { TestDevice } from "#server/device/modbus/testing.ts";
import { aDocument, aTag } from "./testing/documents.ts";
import { startEdge, startPress } from "./testing/edges.ts";
import { FakeServer } from "./testing/fake-server.ts";
import { tempFolder } from "./testing/queues.ts";
import type { ProbeAsk } from "./uplink.contract.ts";

const patience = { timeout: 8000, interval: 20 };

async function plant(document = aDocument()) {
  const folder = tempFolder("probe");
  const server = new FakeServer();
  await server.plug();
  server.document = document;
  const edge = await startEdge(folder, server);
  onTestFinished(async () => {
    await edge.stop();
    await server.unplug();
    rmSync(folder, { recursive: true, force: true });
  });
  await vi.waitFor(() => expect(server.online).toBe(true), patience);
  return { server, edge, mqtt: `mqtt://127.0.0.1:${edge.broker?.port ?? 0}` };
}

const register = { metric: "temperature", table: "holding", address: 4, type: "int16" };
const modbus = (port: number, change: object = {}): ProbeAsk => ({
  code: "oven",
  driver: "modbus",
  config: {
    host: "127.0.0.1",
    port,
    timeoutMs: 300,
    groups: [{ pollMs: 50, registers: [register] }],
    ...change,
  },
  forMs: 3000,
});

test("a source is tried before it is added: what it says is seen, and nothing of it is stored", async () => {
  const { server } = await plant();
  const device = new TestDevice();
  await device.up();
  onTestFinished(() => device.down());
  device.set("holding", 4, Buffer.from([0x00, 0xea]));
  const answer = await server.probe(modbus(device.port));
  expect(answer).toMatchObject({ connected: true, problem: null });
  expect(answer.seen).toEqual([
    { metric: "temperature", datatype: "number", unit: null, value: 234, at: expect.any(Number), quality: 0 },
  ]);
  await vi.waitFor(() => expect(device.open).toBe(0), patience);
  expect(server.readings).toEqual([]);
  expect(server.unknown).toEqual([]);
});

test("a source that cannot be reached, has a wrong setting or no driver is told in a sentence", async () => {
  const { server } = await plant();
  const nobody = createServer().listen(0, "127.0.0.1");
  await once(nobody, "listening");
  const address = nobody.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => nobody.close(resolve));
  expect(await server.probe({ ...modbus(port), forMs: 600 })).toMatchObject({
    connected: false,
    problem: expect.stringContaining("ECONNREFUSED"),
    seen: [],
  });
  const wrong = modbus(port, { groups: [{ pollMs: 50, registers: [{ ...register, type: "int17" }] }] });
  expect((await server.probe(wrong)).problem).toContain("int16");
  expect((await server.probe({ ...wrong, driver: "telepathy" })).problem).toContain('no driver "telepathy"');
});

test("a second try waits until the first is over, and is told so", async () => {
  const { server } = await plant();
  const first = server.probe({
    code: "a",
    driver: "sparkplug",
    config: { group: "g", node: "n" },
    forMs: 1500,
  });
  const second = await server.probe(modbus(1));
  expect(second.problem).toContain("trying another source");
  expect(await first).toMatchObject({ connected: true, seen: [] });
});

test("the node that a running source listens to can be tried beside it, and the running one goes on", async () => {
  const { server, edge } = await plant();
  const press = startPress(edge.broker?.port ?? 0);
  onTestFinished(() => press.node.stop());
  await vi.waitFor(() => expect(server.values(11)).toContain(230), patience);
  const config = { group: "millwright", node: "moulding", rebirthJitterMs: 0 };
  const tried = await server.probe({ code: "x", driver: "sparkplug", config, forMs: 8000 });
  expect(tried.seen).toContainEqual(
    expect.objectContaining({ metric: "press-2/MeltTemperature", value: 230, unit: "°C" }),
  );
  press.say("MeltTemperature", 231.5);
  await vi.waitFor(() => expect(server.values(11)).toContain(231.5), patience);
  expect(server.events.filter((event) => event.kind === "death")).toEqual([]);
});

test("what a source says under names without a tag can be looked at, always the newest", async () => {
  const { server, edge } = await plant();
  const press = startPress(edge.broker?.port ?? 0);
  onTestFinished(() => press.node.stop());
  const surprise = async () => (await server.peek(1)).find(({ metric }) => metric === "press-2/Surprise");
  await vi.waitFor(async () => expect(await surprise()).toMatchObject({ value: 1, unit: "mm" }), patience);
  press.say("Surprise", 2.5);
  await vi.waitFor(async () => expect(await surprise()).toMatchObject({ value: 2.5 }), patience);
  expect((await server.peek(1)).map(({ metric }) => metric)).not.toContain("press-2/MeltTemperature");
  expect(await server.peek(99)).toEqual([]);
});

test("a source of plain topics speaks on the edge's own broker with its token, and only its own topics", async () => {
  const hash = (token: string) => createHash("sha256").update(token).digest("hex");
  const scale = {
    id: 4,
    code: "scale",
    driver: "mqtt",
    config: { mappings: [{ filter: "hall/scale/+", payload: "number" }] },
    tokenHash: hash("right"),
  };
  const tag = aTag({ id: 41, sourceId: 4, metric: "hall/scale/weight", unit: null });
  const document = aDocument();
  const withScale = { ...document, sources: [...document.sources, scale], tags: [...document.tags, tag] };
  const { server, mqtt } = await plant(withScale);
  const login = { username: "scale", reconnectPeriod: 0 };
  await expect(connectAsync(mqtt, { ...login, password: "wrong" }, false)).rejects.toThrow(
    /authorized|password/i,
  );
  const device = await connectAsync(mqtt, { ...login, password: "right" }, false);
  onTestFinished(() => void device.end(true));
  await vi.waitFor(async () => {
    await device.publishAsync("hall/scale/weight", "12.5", { qos: 1 });
    expect(server.values(41)).toContain(12.5);
  }, patience);

  // Revoked: the next document has no token of it, and it is cut.
  const cut = new Promise<void>((resolve) => device.once("close", () => resolve()));
  server.send({
    ...withScale,
    version: withScale.version + 1,
    sources: [...document.sources, { ...scale, tokenHash: null }],
  });
  await cut;
  await expect(connectAsync(mqtt, { ...login, password: "right" }, false)).rejects.toThrow(
    /authorized|password/i,
  );
});

test("the edge tells why a source has no connection, and why one could not even be started", async () => {
  const document = aDocument();
  const broken = { id: 8, code: "bad", driver: "modbus", config: {}, tokenHash: null };
  const away = { id: 9, code: "away", driver: "modbus", config: modbus(9).config, tokenHash: null };
  const { edge } = await plant({ ...document, sources: [...document.sources, broken, away] });
  await vi.waitFor(() => {
    const of = (id: number) => edge.health().sources.find((source) => source.id === id);
    expect(of(8)).toMatchObject({ connected: false, problem: expect.stringContaining("host") });
    expect(of(9)).toMatchObject({ connected: false, problem: expect.stringContaining("ECONNREFUSED") });
    expect(of(1)).toMatchObject({ connected: true, problem: null });
  }, patience);
});
