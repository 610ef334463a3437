import { generateKeyPairSync } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "#db/schema/core/core.ts";
import { tag } from "#db/schema/device/tags.ts";
import { edgeDocument } from "#db/schema/edge/ingest.ts";
import { systemClock } from "#server/core/clock.ts";
import { createDocuments } from "#server/execution/ingest/documents.ts";
import { makePlant, type TestPlant } from "#server/execution/ingest/testing.ts";
import { storeReadings } from "#server/execution/tags/testing.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { reflexesRoutes } from "./reflexes.ts";

let house: TestHouse;
let plant: TestPlant;
let admin: TestBrowser;
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
let held = 0;

beforeAll(async () => {
  const edges = {
    health: () => ({ [plant.edgeId]: { documentVersion: held } as never }),
    rates: () => new Map(),
    probe: () => Promise.reject(new Error("not asked here")),
    peek: () => Promise.reject(new Error("not asked here")),
  };
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  house = await testHouse([reflexesRoutes({ edges, publicKey: pem })]);
  plant = await makePlant(house.db, "rfx", 2);
  admin = await house.signedIn("administrator");
});
afterAll(() => house.close());

const over = { op: ">", value: 260, forMs: 2000, hysteresis: 5 };
const draft = () => ({ machineId: plant.machineId, tagId: plant.numbers[0], condition: over });
const stopping = () => ({
  ...draft(),
  action: "request_stop",
  stop: { tagId: plant.boolean, value: true },
  riskAssessment: "RA-17",
});

test("a reflex is made as a report, becomes a stop with its risk assessment, and every change is a new version", async () => {
  const made = await admin.post("/reflexes", draft());
  expect(made.body).toEqual({ reflexId: expect.any(String), version: 1 });
  const { reflexId } = made.body;
  const unnamed = await admin.post("/reflexes", { ...stopping(), reflexId, riskAssessment: " " });
  expect(unnamed.body.refusal).toMatchObject({ code: "risk_assessment_needed", field: "riskAssessment" });
  const stops = await admin.post("/reflexes", { ...stopping(), reflexId, version: 1 });
  expect(stops.body).toEqual({ reflexId, version: 2 });
  const late = await admin.post("/reflexes", { ...draft(), reflexId, version: 1 });
  expect(late).toMatchObject({ status: 409, body: { refusal: { code: "conflict" } } });
  expect((await admin.get("/reflexes")).body).toMatchObject([
    {
      id: reflexId,
      version: 2,
      action: "request_stop",
      acts: "request_stop",
      stop: { value: true },
      times: 0,
    },
  ]);
  const rows = await house.db.select().from(audit).where(eq(audit.objectId, reflexId));
  expect(rows.map((row) => row.reason)).toEqual([null, "RA-17"]);
});

test("a stop whose assessment was taken away reports and says so", async () => {
  const [row] = (await admin.get("/reflexes")).body;
  const { id, machineId, tagId, condition } = row;
  await admin.post("/reflexes", { reflexId: id, machineId, tagId, condition, action: "block_remote" });
  expect((await admin.get("/reflexes")).body).toMatchObject([{ acts: "block_remote", version: 3 }]);
});

test("before it is let loose it is tried on what was stored, by the edge's own rules", async () => {
  const now = systemClock.now();
  const tagId = plant.numbers[1] ?? 0;
  const at = (second: number) => now - 3_600_000 + second * 1000;
  await storeReadings(house.db, plant, [
    { tagId, at: at(0), value: 250 },
    { tagId, at: at(1), value: 261 },
    { tagId, at: at(2), value: 250 },
    { tagId, at: at(10), value: 262 },
    { tagId, at: at(20), value: 254 },
    { tagId, at: at(30), value: 300, quality: 2 },
    { tagId, at: at(40), value: 270 },
  ]);
  const tried = await admin.call("POST", "/reflexes/try", { ...draft(), tagId, days: 1 });
  expect(tried.body).toMatchObject({
    looked: 7,
    times: 2,
    cut: false,
    episodes: [
      { raisedAt: at(42), clearedAt: null, value: 270 },
      { raisedAt: at(12), clearedAt: at(20), value: 262 },
    ],
  });
  const nobody = await (
    await house.signedIn("supervisor")
  ).call("POST", "/reflexes/try", {
    ...draft(),
    tagId,
  });
  expect(nobody.status).toBe(403);
});

test("the edge's document shows the reflexes as they were signed, and whether the edge works by it", async () => {
  await createDocuments({ db: house.db, clock: systemClock, key: privateKey }).current(plant.edgeId);
  held = 1;
  const [view] = (await admin.get("/edge-documents")).body;
  expect(view).toMatchObject({
    edgeCode: plant.edgeCode,
    held: 1,
    document: { version: 1, confirmed: true },
  });
  expect(view.document.reflexes).toMatchObject([{ action: "block_remote", version: 3, condition: over }]);
  // Somebody who can write to the database and has no key changes what the edge shall do.
  const [row] = await house.db.select().from(edgeDocument);
  const body = (row?.body ?? "").replace('"value":260', '"value":999');
  await house.db.update(edgeDocument).set({ body }).where(eq(edgeDocument.edgeId, plant.edgeId));
  const [forged] = (await admin.get("/edge-documents")).body;
  expect(forged.document).toMatchObject({ confirmed: false, reflexes: [{ condition: { value: 999 } }] });
});

test("a tag that is gone takes its reflex out of the document, not out of the list", async () => {
  await house.db
    .update(tag)
    .set({ enabled: false })
    .where(eq(tag.id, plant.numbers[0] ?? 0));
  await createDocuments({ db: house.db, clock: systemClock, key: privateKey }).current(plant.edgeId);
  const [view] = (await admin.get("/edge-documents")).body;
  expect(view.document).toMatchObject({ reflexes: [], confirmed: true });
  expect((await admin.get("/reflexes")).body).toHaveLength(1);
});
