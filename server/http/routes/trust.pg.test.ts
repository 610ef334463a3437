import { rmSync } from "node:fs";
import { join } from "node:path";
import { and, eq, like } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { audit } from "#db/schema/core/core.ts";
import { source } from "#db/schema/device/tags.ts";
import { systemClock } from "#server/core/clock.ts";
import { ensureIdentity } from "#server/device/opcua/identity.ts";
import { machineIdentity, node, TestMachine, warmUp } from "#server/device/opcua/testing.ts";
import { type RunningEdge, startEdge } from "#server/edge/testing/edges.ts";
import { tempFolder } from "#server/edge/testing/queues.ts";
import { makePlant, startServer, type TestPlant, type TestServer } from "#server/execution/ingest/testing.ts";
import type { SourceView } from "#server/execution/sources/sources.contract.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { sourcesRoutes } from "./sources.ts";

/** A real edge, a real OPC UA server with a certificate, and a person who decides whom to believe. */
let house: TestHouse;
let plant: TestPlant;
let server: TestServer;
let running: RunningEdge;
let admin: TestBrowser;
const folder = tempFolder("trust");
const patience = { timeout: 20_000, interval: 100 };
const machine = new TestMachine({ build: (namespace, it) => void it.add(namespace, "m/A", "Double") });

beforeAll(async () => {
  await warmUp();
  await machine.up();
  const late = {
    health: () => server.gateway.health(),
    rates: () => server.gateway.rates(),
    probe: (...given: Parameters<typeof server.gateway.probe>) => server.gateway.probe(...given),
    peek: (...given: Parameters<typeof server.gateway.peek>) => server.gateway.peek(...given),
  };
  house = await testHouse([sourcesRoutes({ edges: late, publicKey: "the public key" })]);
  plant = await makePlant(house.db, "src", 1);
  await house.db.update(source).set({ enabled: false }).where(eq(source.id, plant.sourceId));
  server = await startServer(house.db, { documentEveryMs: 100 });
  const publicKey = server.publicKey.export({ type: "spki", format: "pem" }).toString();
  const { edgeCode: code, token } = plant;
  running = await startEdge(folder, { url: server.url, publicKey }, { code, token });
  admin = await house.signedIn("administrator");
  await vi.waitFor(() => expect(server.gateway.health()[plant.edgeId]).toBeDefined(), patience);
}, 90_000);
afterAll(async () => {
  await running.stop();
  await server.close();
  await house.close();
  await machine.down();
  rmSync(folder, { recursive: true, force: true });
});

const config = () => ({
  url: machine.url,
  security: { mode: "signAndEncrypt" },
  refusedRetryMs: 200,
  nodes: [{ metric: "m/A", node: node("m/A") }],
});
const view = async (id: number) =>
  ((await admin.get("/sources")).body as SourceView[]).find((one) => one.id === id)?.health;

test("a server is trusted by what it showed, distrusted again, and a renewed certificate waits for a person", async () => {
  const { body: trial } = await admin.call("POST", "/sources/try", {
    edgeId: plant.edgeId,
    driver: "opcua",
    config: config(),
  });
  const { sha1, sha256 } = trial.certificates.server as { sha1: string; sha256: string };
  expect(sha1).toBe((await machineIdentity()).thumbprint);
  expect(trial).toMatchObject({ connected: false, problem: expect.stringContaining("is not trusted") });

  const { body } = await admin.post("/sources", {
    edgeId: plant.edgeId,
    code: "lathe",
    driver: "opcua",
    config: config(),
  });
  const id = body.sourceId as number;
  await vi.waitFor(
    async () => expect(await view(id)).toMatchObject({ certificates: { server: { sha1 } } }),
    patience,
  );
  const deed = (what: "trust" | "distrust", thumbprints: string[]) =>
    admin.post(`/sources/${String(id)}/${what}`, { thumbprints });
  expect((await deed("trust", [sha256])).status).toBe(200);
  await vi.waitFor(
    () => expect(running.health().sources.find((s) => s.id === id)?.connected).toBe(true),
    patience,
  );

  expect((await deed("distrust", [sha1, sha256])).status).toBe(200);
  await vi.waitFor(
    () =>
      expect(running.health().sources.find((s) => s.id === id)).toMatchObject({
        connected: false,
        problem: expect.stringContaining("is not trusted"),
      }),
    patience,
  );

  await deed("trust", [sha256]);
  await vi.waitFor(
    () => expect(running.health().sources.find((s) => s.id === id)?.connected).toBe(true),
    patience,
  );
  await machine.down();
  const renewed = await ensureIdentity(join(folder, "renewed"), "renewed", systemClock);
  await machine.up({ server: { certificateFile: renewed.certificateFile, privateKeyFile: renewed.keyFile } });
  await vi.waitFor(
    async () =>
      expect(await view(id)).toMatchObject({
        state: "not_connected",
        problem: expect.stringContaining(renewed.thumbprint),
        certificates: { server: { sha1: renewed.thumbprint } },
      }),
    patience,
  );
  const rows = await house.db
    .select({ action: audit.action })
    .from(audit)
    .where(and(eq(audit.objectId, String(id)), like(audit.action, "source.%trust")))
    .orderBy(audit.seq);
  expect(rows.map(({ action }) => action)).toEqual(["source.trust", "source.distrust", "source.trust"]);
}, 90_000);

test("only an administrator trusts, a source without certificates has none to trust, and nonsense is refused", async () => {
  const path = `/sources/${String(plant.sourceId)}/trust`;
  const thumbprints = ["ab".repeat(20)];
  const supervisor = await house.signedIn("supervisor");
  expect((await supervisor.post(path, { thumbprints })).status).toBe(403);
  expect((await admin.post(path, { thumbprints })).status).toBe(400);
  expect((await admin.post(path, { thumbprints: ["xyz"] })).status).toBe(400);
  expect((await admin.post("/sources/999999/trust", { thumbprints })).status).toBe(404);
});
