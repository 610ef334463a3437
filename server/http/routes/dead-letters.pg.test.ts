import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "#db/schema/core/core.ts";
import { deadLetter, gap } from "#db/schema/edge/ingest.ts";
import { makePlant, type TestPlant } from "#server/execution/ingest/testing.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { deadLettersRoutes } from "./dead-letters.ts";

let house: TestHouse;
let plant: TestPlant;
let maintenance: TestBrowser;
let ids: readonly number[];
const at = Date.UTC(2026, 10, 22, 12);

/** Letters as ingest writes them: two readings of tags, one of no known tag, and a frame nobody could decode. */
const letters = () =>
  [
    { reason: "wrong_unit", tagId: plant.numbers[0] ?? null, seq: 7, raw: '{"unit":"°F"}' },
    {
      reason: "time_in_future",
      tagId: plant.numbers[1] ?? null,
      seq: 8,
      raw: '{"sourceTime":32472144000000}',
    },
    { reason: "unknown_tag", tagId: 4_000_000, seq: 9, raw: "{}" },
    { reason: "frame_checksum", tagId: null, seq: null, raw: "AAAA", times: 3 },
  ].map((letter, i) => ({
    edgeId: plant.edgeId,
    sha256: createHash("sha256").update(letter.raw).digest(),
    firstSeen: new Date(at + i),
    lastSeen: new Date(at + i * 10),
    ...letter,
  }));

beforeAll(async () => {
  house = await testHouse([deadLettersRoutes]);
  plant = await makePlant(house.db, "letters");
  maintenance = await house.signedIn("maintenance");
  const rows = await house.db.insert(deadLetter).values(letters()).returning({ id: deadLetter.id });
  ids = rows.map(({ id }) => id);
});
afterAll(() => house.close());

const reasonsOf = async (query = "") =>
  (await maintenance.get(`/dead-letters${query}`)).body.map((letter: { reason: string }) => letter.reason);

test("what could not be stored is listed newest first, with its reason, its machine and what was said", async () => {
  const { status, body } = await maintenance.get("/dead-letters");
  expect(status).toBe(200);
  expect(body).toHaveLength(4);
  expect(body[0]).toMatchObject({
    reason: "frame_checksum",
    raw: "AAAA",
    tagId: null,
    machineCode: null,
    times: 3,
  });
  expect(body[1]).toMatchObject({ reason: "unknown_tag", tagId: 4_000_000, tagName: null, seq: 9 });
  expect(body[3]).toEqual({
    id: ids[0],
    edgeId: plant.edgeId,
    edgeCode: "edge-letters",
    tagId: plant.numbers[0],
    tagName: "M 0",
    machineCode: "press-letters",
    reason: "wrong_unit",
    raw: '{"unit":"°F"}',
    sha256: createHash("sha256").update('{"unit":"°F"}').digest("hex"),
    seq: 7,
    firstSeen: at,
    lastSeen: at,
    times: 1,
    state: "open",
    note: null,
  });
});

test("the list is read by reason and page by page; a question of another shape is refused by its field", async () => {
  expect(await reasonsOf("?reason=unknown_tag")).toEqual(["unknown_tag"]);
  expect(await reasonsOf("?limit=2")).toEqual(["frame_checksum", "unknown_tag"]);
  expect(await reasonsOf(`?limit=2&before=${ids[2]}`)).toEqual(["time_in_future", "wrong_unit"]);
  for (const [query, field] of [
    ["?limit=0", "limit"],
    ["?limit=501", "limit"],
    ["?before=x", "before"],
    ["?state=gone", "state"],
    ["?person=1", "person"],
  ]) {
    const { status, body } = await maintenance.get(`/dead-letters${query}`);
    expect([status, body.refusal.code, body.refusal.field]).toEqual([400, "invalid", field]);
  }
});

test("a letter is put away with a reason, once, and stays in the record", async () => {
  const [first = 0, second = 0] = ids;
  const bare = await maintenance.post("/dead-letters/discard", { ids: [first] });
  expect(bare.body.refusal).toMatchObject({ code: "invalid", field: "reason" });
  const nothing = await maintenance.post("/dead-letters/discard", { ids: [], reason: "nothing" });
  expect(nothing.body.refusal).toMatchObject({ code: "invalid", field: "ids" });
  expect(await reasonsOf()).toHaveLength(4);
  const tap = { commandId: crypto.randomUUID(), ids: [first, second], reason: "device was set to °F" };
  expect((await maintenance.call("POST", "/dead-letters/discard", tap)).body).toEqual({ discarded: 2 });
  // A double tap, and somebody who comes later.
  expect((await maintenance.call("POST", "/dead-letters/discard", tap)).body).toEqual({ discarded: 2 });
  const late = { ids: [first, 999_999], reason: "the same again" };
  expect((await maintenance.post("/dead-letters/discard", late)).body).toEqual({ discarded: 0 });
  expect(await reasonsOf()).toEqual(["frame_checksum", "unknown_tag"]);
  const gone = (await maintenance.get("/dead-letters?state=discarded")).body;
  expect(gone.map((one: { id: number; note: string }) => [one.id, one.note])).toEqual([
    [second, "device was set to °F"],
    [first, "device was set to °F"],
  ]);
  const record = await house.db.select().from(audit).where(eq(audit.action, "deadletter.discard"));
  expect(record.map(({ objectId, reason }) => [objectId, reason]).toSorted()).toEqual(
    [first, second].map((id) => [String(id), "device was set to °F"]).toSorted(),
  );
});

test("gaps say which stretch will never come, how many readings that is, and why", async () => {
  const { db } = house;
  const base = { edgeId: plant.edgeId, recordedAt: new Date(at) };
  await db.insert(gap).values([
    {
      ...base,
      reason: "source_silent",
      sourceId: plant.sourceId,
      machineId: plant.machineId,
      fromTs: new Date(at),
    },
    {
      ...base,
      reason: "queue_full",
      streamId: 1,
      kind: "readings",
      epoch: "00000000000000aa",
      first: 11,
      last: 20,
    },
  ]);
  const office = await house.signedIn("quality");
  const { body } = await office.get("/gaps");
  expect(body).toMatchObject([
    { reason: "queue_full", count: 10, from: null, to: null, sourceCode: null, edgeCode: "edge-letters" },
    {
      reason: "source_silent",
      count: null,
      from: at,
      to: null,
      sourceCode: "source-letters",
      machineCode: "press-letters",
      recordedAt: at,
    },
  ]);
  expect((await office.get("/gaps?limit=1")).body).toHaveLength(1);
  expect((await office.get("/gaps?limit=0")).body.refusal).toMatchObject({ code: "invalid", field: "limit" });
});

test("only maintenance and administrators read and put away letters; gaps are the office's; nobody else's", async () => {
  const station = await house.station();
  const supervisor = await house.signedIn("supervisor");
  const body = { ids: [ids[3]], reason: "not mine to decide" };
  const answers = async (browser: TestBrowser) => [
    (await browser.get("/dead-letters")).status,
    (await browser.get("/gaps")).status,
    (await browser.post("/dead-letters/discard", body)).status,
  ];
  expect(await answers(house.browser())).toEqual([401, 401, 401]);
  // A station is asked for a badge.
  expect(await answers(station)).toEqual([401, 401, 401]);
  await house.person("1001", ["operator"]);
  await station.post("/session/badge", { badge: "1001" });
  expect(await answers(station)).toEqual([403, 403, 403]);
  expect(await answers(supervisor)).toEqual([403, 200, 403]);
  expect(await reasonsOf()).toHaveLength(2);
  expect(await answers(await house.signedIn("administrator"))).toEqual([200, 200, 200]);
});
