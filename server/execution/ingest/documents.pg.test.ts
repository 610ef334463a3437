import { verify } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tag } from "#db/schema/device/tags.ts";
import { systemClock } from "#server/core/clock.ts";
import { EdgeDocument, type SignedDocument } from "#server/edge/document.contract.ts";
import { laneOf } from "./epoch.rules.ts";
import { block, type EdgeClient, randomEpoch, send } from "./testing-blocks.ts";
import { testIngest, type TestIngest } from "./testing.ts";

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await testIngest("doc");
});
afterAll(() => ingest.close());

const nextSigned = (socket: EdgeClient): Promise<SignedDocument> =>
  new Promise((resolve) => socket.once("document", resolve));
const nextDocument = async (socket: EdgeClient): Promise<EdgeDocument> =>
  EdgeDocument.parse(JSON.parse((await nextSigned(socket)).body));

/** What an edge without a document is given. */
async function currentDocument(): Promise<EdgeDocument> {
  const { socket } = await ingest.edge();
  return nextDocument(socket);
}

test("an edge without a document is given one that is signed and says its tags and machines", async () => {
  const { plant, server } = ingest;
  const { socket } = await ingest.edge();
  const signed = await nextSigned(socket);
  expect(
    verify(null, Buffer.from(signed.body), server.publicKey, Buffer.from(signed.signature, "base64")),
  ).toBe(true);
  const document = EdgeDocument.parse(JSON.parse(signed.body));
  expect(document.tags.map((t) => t.id)).toEqual([...plant.numbers, plant.text, plant.boolean]);
  expect(new Set(document.tags.map((t) => t.lane))).toEqual(new Set([laneOf(plant.lineId)]));
  expect(document.machines).toEqual([
    {
      id: plant.machineId,
      code: "press-doc",
      remoteTagId: null,
      guardTagId: plant.boolean,
      automationOff: false,
      maintenanceLock: false,
    },
  ]);
});

test("the document's version rises only when what it says changes", async () => {
  const { db, plant, server } = ingest;
  const { socket } = await ingest.edge();
  const document = await nextDocument(socket);
  await server.gateway.sendDocument(plant.edgeId);
  const next = nextDocument(socket);
  await db
    .update(tag)
    .set({ deadband: 0.5 })
    .where(eq(tag.id, plant.numbers[0] ?? 0));
  await server.gateway.sendDocument(plant.edgeId);
  const newer = await next;
  expect(newer.version).toBe(document.version + 1);
  expect(newer.tags[0]?.deadband).toBe(0.5);
});

test("a new tag is known here before the edge hears of it, so that nobody passes over its first reading", async () => {
  const { db, plant, server } = ingest;
  const { version } = await currentDocument();
  const { socket } = await ingest.edge(version);
  const { sourceId, machineId } = plant;
  const said = { name: "New", meaning: "measurement", datatype: "number", maxSilenceMs: 25_000 } as const;
  const [made] = await db
    .insert(tag)
    .values({ ...said, sourceId, machineId, metric: "new" })
    .returning();
  const known = nextDocument(socket).then(({ tags }) => [
    tags.some(({ id }) => id === made?.id),
    server.tags.get(made?.id ?? 0)?.metric,
  ]);
  await server.gateway.sendDocument(plant.edgeId);
  expect(await known).toEqual([true, "new"]);
});

test("an edge that has the document already is not sent it again: it hears nothing before what comes after", async () => {
  const { version } = await currentDocument();
  const { socket } = await ingest.edge(version);
  const heard: string[] = [];
  socket.onAny((name: string) => heard.push(name));
  const readings = [ingest.value(systemClock.now(), 1)];
  await send(socket, block({ epoch: randomEpoch(), first: 1, readings }));
  expect(heard).toEqual([]);
});

test("after a restore an edge may have a newer document than the database: it is given ours, above its own", async () => {
  const { version, tags } = await currentDocument();
  const { socket } = await ingest.edge(version + 10);
  expect(await nextDocument(socket)).toMatchObject({ version: version + 11, tags });
});
