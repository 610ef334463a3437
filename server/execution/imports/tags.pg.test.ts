import { asc, eq, getTableColumns, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit, fact } from "#db/schema/core/core.ts";
import { source, tag, tagTemplate, tagTemplateRow } from "#db/schema/device/tags.ts";
import { discoveredMetric } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { testDb } from "#db/testing.ts";
import { ManualClock } from "#server/core/clock.ts";
import { toCsv } from "#server/core/csv.rules.ts";
import { makePlant, type TestPlant } from "../tags/testing.ts";
import { importsOn, rowCounts, sums } from "./testing.ts";

/** A source with three tags, a text state and a guard, and what files do to it. */
let handle: Awaited<ReturnType<typeof testDb>>;
let house: ReturnType<typeof importsOn>;
let plant: TestPlant;
const clock = new ManualClock(Date.UTC(2026, 10, 23, 9));
const at = new Date(clock.now());

beforeAll(async () => {
  handle = await testDb();
  house = importsOn({ db: handle.db, clock });
  plant = await makePlant(handle.db, "one");
});
afterAll(() => handle.close());

const problemsOf = async (csv: string) =>
  (await house.attempt("tags", csv, plant.sourceId)).problems.map(({ line, column, code }) => [
    line,
    column,
    code,
  ]);
const tagNamed = async (metric: string) =>
  (await handle.db.select().from(tag).where(eq(tag.metric, metric)))[0];

test(
  "of 50,000 tags ten are wrong: exactly those are named, and the others are stored",
  { timeout: 120_000 },
  async () => {
    const db = handle.db;
    await db.insert(workUnit).values(
      Array.from({ length: 200 }, (_, i) => ({
        lineId: plant.lineId,
        code: `m${i}`,
        name: `Machine ${i}`,
        kind: "press",
        microStopMs: 1000,
        staleMs: 5000,
      })),
    );
    const [other] = await db
      .insert(source)
      .values({ edgeId: plant.edgeId, code: "large", driver: "test" })
      .returning();
    const sourceId = other?.id ?? 0;
    await db.insert(discoveredMetric).values([
      { sourceId, metric: "m7/v3", datatype: "number", unit: "bar", firstSeen: at, lastSeen: at },
      { sourceId, metric: "m8/v3", datatype: "text", unit: null, firstSeen: at, lastSeen: at },
      { sourceId, metric: "m9/v3", datatype: "number", unit: "K", firstSeen: at, lastSeen: at },
    ]);
    const head = ["metric", "machine", "name", "meaning", "datatype", "unit", "decimals", "low", "high"];
    const rows = Array.from({ length: 50_000 }, (_, i): (string | number)[] => {
      const [machine, n] = [i % 200, Math.floor(i / 200)];
      const name = `m${machine}/v${n}`;
      return n === 0
        ? [name, `m${machine}`, "State", "state", "text", "", 0, "", ""]
        : [name, `m${machine}`, `Value ${n}`, "measurement", "number", "°C", 1, -10, 400];
    });
    const wrong: [number, number, string | number, string][] = [
      [12, 1, "nowhere", "name_unknown"],
      [700, 3, "sorcery", "not_one_of"],
      [701, 4, "text number", "not_one_of"],
      [9000, 6, "many", "not_a_number"],
      [9001, 6, 12, "number_too_large"],
      [20_000, 3, "state", "datatype_mismatch"],
      [30_000, 7, 500, "invalid"],
      [600 + 7, 8, 400, "unit_mismatch"],
      [600 + 8, 8, 400, "datatype_mismatch"],
      [49_999, 2, "", "cell_needed"],
    ];
    for (const [i, column, cell] of wrong) (rows[i] as (string | number)[])[column] = cell;
    const csv = toCsv(head, rows);
    const before = await rowCounts(db);
    const started = performance.now();
    const trial = await house.attempt("tags", csv, sourceId);
    const tried = performance.now();
    expect(trial.problems.map(({ line, code }) => [line, code])).toEqual(
      wrong.map(([i, , , code]) => [i + 2, code]).toSorted(([a], [b]) => Number(a) - Number(b)),
    );
    expect(sums(trial)).toEqual({ added: 49_990, changed: 0, same: 0, wrong: 10 });
    expect(await rowCounts(db)).toEqual(before);
    const again = performance.now();
    expect(sums(await house.run("tags", csv, true, sourceId))).toMatchObject({ added: 49_990, wrong: 10 });
    const stored = performance.now();
    expect(sums(await house.run("tags", csv, true, sourceId))).toMatchObject({ same: 49_990, wrong: 10 });
    const same = performance.now();
    const [row] = await db.execute<{ n: number }>(
      sql`select count(*)::int as n from tag where source_id = ${sourceId}`,
    );
    expect(row?.n).toBe(49_990);
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    process.stdout.write(
      `50,000 tags: tried in ${seconds(tried - started)} s, stored in ${seconds(stored - again)} s, the same again in ${seconds(same - stored)} s\n`,
    );
  },
);

test("what a source has comes out as a file that changes nothing", async () => {
  const csv = await house.current("tags", plant.sourceId);
  expect(csv.split("\r\n")[0]).toContain("metric,machine,name,meaning,datatype,unit");
  expect(sums(await house.attempt("tags", csv, plant.sourceId))).toEqual({
    added: 0,
    changed: 0,
    same: 5,
    wrong: 0,
  });
});

test("a new tag of which a file says little is as one that is added by hand", async () => {
  const { sourceId, machineId } = plant;
  await house.run(
    "tags",
    "metric,machine,name,meaning,datatype\nlittle,press-one,Little,measurement,number",
    false,
    sourceId,
  );
  const { id: _id, ...made } = (await tagNamed("little")) ?? {};
  const columns = getTableColumns(tag);
  const byHand = Object.fromEntries(
    Object.entries(columns)
      .filter(([key]) => key !== "id")
      .map(([key, column]) => [key, column.default ?? null]),
  );
  expect(made).toEqual({
    ...byHand,
    sourceId,
    machineId,
    metric: "little",
    name: "Little",
    meaning: "measurement",
    datatype: "number",
    // The database's own, from the meaning.
    retentionClass: "process",
  });
});

test("every setting is stored, and an empty cell takes it away where it may be missing", async () => {
  const file = `metric;machine;name;meaning;datatype;unit;decimals;scale;shift;deadband;low;high;normalLow;normalHigh;expectedMs;maxSilenceMs;aggregateMs;modulus;words;enabled
full;press-one;Full;measurement;number;°C;2;0,1;-273,15;0,5;-20,5;1e3;180;190,25;500;30000;1000;65536;"0=a\\;b;1=c";nein`;
  expect(sums(await house.run("tags", file, false, plant.sourceId))).toMatchObject({ added: 1 });
  expect(await tagNamed("full")).toMatchObject({
    unit: "°C",
    decimals: 2,
    scale: 0.1,
    shift: -273.15,
    deadband: 0.5,
    low: -20.5,
    high: 1000,
    normalLow: 180,
    normalHigh: 190.25,
    expectedMs: 500,
    maxSilenceMs: 30_000,
    aggregateMs: 1000,
    modulus: 65_536,
    words: { "0": "a;b", "1": "c" },
    enabled: false,
  });
  const csv = await house.current("tags", plant.sourceId);
  expect(sums(await house.attempt("tags", csv, plant.sourceId))).toMatchObject({
    same: 7,
    changed: 0,
    wrong: 0,
  });
  const cleared = "metric,machine,unit,decimals,words,low\nfull,press-one,,,,";
  expect(sums(await house.run("tags", cleared, false, plant.sourceId))).toMatchObject({ changed: 1 });
  expect(await tagNamed("full")).toMatchObject({
    unit: null,
    decimals: 2,
    words: null,
    low: null,
    high: 1000,
    normalLow: 180,
  });
});

test("a metric that was heard of counts as mapped from then on; what it cannot be is refused", async () => {
  const base = { sourceId: plant.sourceId, firstSeen: at, lastSeen: at };
  await handle.db.insert(discoveredMetric).values([
    { ...base, metric: "heard", datatype: "number", unit: "bar" },
    { ...base, metric: "said", datatype: "text", unit: null },
  ]);
  const head = "metric,machine,name,meaning,datatype,unit,low,high,words\n";
  expect(await problemsOf(`${head}heard,press-one,P,measurement,number,°C,,,`)).toEqual([
    [2, "unit", "unit_mismatch"],
  ]);
  expect(await problemsOf(`${head}said,press-one,P,measurement,number,,,,`)).toEqual([
    [2, "datatype", "datatype_mismatch"],
  ]);
  expect(await problemsOf(`${head}x,press-one,P,state,text,,,,3=flying`)).toEqual([
    [2, "words", "unknown_word"],
  ]);
  expect(await problemsOf(`${head}x,press-one,P,measurement,number,,9,1,`)).toEqual([[2, "low", "invalid"]]);
  expect(await problemsOf(`${head}x,press-one,,measurement,number,,,,`)).toEqual([
    [2, "name", "cell_needed"],
  ]);
  expect(
    await problemsOf(`${head}x,press-one,P,measurement,number,,,,\nx,press-one,Q,measurement,number,,,,`),
  ).toEqual([
    [2, "metric", "row_twice"],
    [3, "metric", "row_twice"],
  ]);
  await house.run("tags", `${head}heard,press-one,P,measurement,,mbar,,,`, false, plant.sourceId);
  // The source said that it is a number, so nobody has to.
  expect(await tagNamed("heard")).toMatchObject({ datatype: "number", unit: "mbar" });
  const [metric] = await handle.db
    .select()
    .from(discoveredMetric)
    .where(eq(discoveredMetric.metric, "heard"));
  expect(metric?.state).toBe("mapped");
});

test("a machine keeps one state: a second is wrong, and one that moves within the file is not", async () => {
  const head = "metric,machine,name,meaning,datatype,enabled\n";
  expect(await problemsOf(`${head}state-2,press-one,State 2,state,text,yes`)).toEqual([
    [2, "meaning", "meaning_taken"],
  ]);
  const twoNew = `${head}state,press-one,State,state,text,no\na,press-one,A,state,text,yes\nb,press-one,B,state,text,yes`;
  // Neither is stored; the old one is switched off as it was wished.
  expect(await problemsOf(twoNew)).toEqual([
    [3, "meaning", "meaning_taken"],
    [4, "meaning", "meaning_taken"],
  ]);
  const moved = `${head}state-2,press-one,State 2,state,text,yes\nstate,press-one,State,state,text,no`;
  expect(sums(await house.attempt("tags", moved, plant.sourceId))).toEqual({
    added: 1,
    changed: 1,
    same: 0,
    wrong: 0,
  });
  // Where the old one cannot go, the new one cannot come.
  const stuck = `${head}state-2,press-one,State 2,state,text,yes\nstate,press-one,State,state,number,no`;
  expect(await problemsOf(stuck)).toEqual([
    [2, "meaning", "meaning_taken"],
    [3, "datatype", "not_changeable"],
  ]);
});

test("a machine that people speak for is not given a second voice by a file", async () => {
  await house.run("machines", "line,code,name,kind,signal\nline-one,hand-1,Hand 1,saw,manual");
  expect(
    await problemsOf("metric,machine,name,meaning,datatype\nhand/state,hand-1,State,state,text"),
  ).toEqual([[2, "machine", "is_manual"]]);
});

test("a change stands in the record with what was before; a tag from a template keeps the exception", async () => {
  const { db } = handle;
  const [template] = await db.insert(tagTemplate).values({ name: "T", kind: "press" }).returning();
  const [row] = await db
    .insert(tagTemplateRow)
    .values({
      templateId: template?.id ?? 0,
      metric: "m0",
      settings: { name: "M", meaning: "measurement", datatype: "number" },
    })
    .returning();
  await db
    .update(tag)
    .set({ templateRowId: row?.id ?? null })
    .where(eq(tag.metric, "m0"));
  const facts = (await db.select().from(fact)).length;
  await house.run("tags", "metric,machine,high\nm0,press-one,99\nm1,press-one,", false, plant.sourceId);
  expect(await tagNamed("m0")).toMatchObject({ high: 99, overrides: ["high"] });
  const told = await db.select().from(audit).where(eq(audit.action, "tag.import")).orderBy(asc(audit.seq));
  expect(told.at(-1)).toMatchObject({
    objectId: String(plant.sourceId),
    before: [{ metric: "m0", high: null }],
    after: [{ metric: "m0", high: 99 }],
  });
  // The edge hears of it once, whatever the number of tags.
  expect((await db.select().from(fact)).length).toBe(facts + 1);
});

test("tags need a source that is there", async () => {
  await expect(house.attempt("tags", "metric,machine\nx,y")).rejects.toMatchObject({ code: "not_found" });
  await expect(house.attempt("tags", "metric,machine\nx,y", 99_999)).rejects.toMatchObject({
    code: "not_found",
  });
});
