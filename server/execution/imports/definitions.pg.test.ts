import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { billOfMaterial, material, product } from "#db/schema/execution/orders.ts";
import { routing } from "#db/schema/execution/routings.ts";
import { station, stationCode } from "#db/schema/execution/stations.ts";
import { testDb } from "#db/testing.ts";
import { ManualClock } from "#server/core/clock.ts";
import { addSkill } from "../people/skills.commands.ts";
import { makeStationCode, revokeStation } from "../people/stations.commands.ts";
import { readPlant } from "../plant/plant.queries.ts";
import { setStandardCycle } from "../orders/products.commands.ts";
import type { ImportKind } from "./imports.contract.ts";
import { administrator, imports, importsOn, rowCounts, sums } from "./testing.ts";
import { xlsxOf } from "./testing-xlsx.ts";

/** Files of what a product is made of, with what, by whom and where: what stands wrong in them is named. */
let handle: Awaited<ReturnType<typeof testDb>>;
let house: ReturnType<typeof importsOn>;
const clock = new ManualClock(Date.UTC(2026, 10, 23, 9));
const deps = () => ({ db: handle.db, clock });

beforeAll(async () => {
  handle = await testDb();
  house = importsOn(deps());
  const site = await house.run("plant", "name,timeZone\nWorks,Europe/Berlin");
  expect(sums(site)).toEqual({ added: 1, changed: 0, same: 0, wrong: 0 });
  await house.run("machines", "line,code,kind\nHall,press-1,press\nHall,press-2,press\nHall,saw-1,saw");
  await house.run("products", "code\ncap\nlid\nring");
  await house.run("people", "code,name,badge\nada,Ada,100\nben,Ben,101");
  await addSkill.execute(deps(), administrator, crypto.randomUUID(), { code: "crane", name: "Crane" });
  await handle.db.insert(material).values({ code: "pp", name: "Polypropylene", unit: "kg" });
});
afterAll(() => handle.close());

const problemsIn = async (kind: ImportKind, csv: string) =>
  (await house.attempt(kind, csv)).problems.map(({ line, column, code }) => [line, column, code]);

test("the works has one row, and a zone that exists", async () => {
  expect(await problemsIn("plant", "name,timeZone\nWorks,Europe/Nowhere")).toEqual([
    [2, "timeZone", "unknown_time_zone"],
  ]);
  expect(await problemsIn("plant", "name,timeZone\nWorks,")).toEqual([[2, "timeZone", "cell_needed"]]);
  await expect(house.attempt("plant", "name,timeZone\nA,UTC\nB,UTC")).rejects.toMatchObject({
    code: "too_many_rows",
    params: { limit: 1 },
  });
  expect(sums(await house.run("plant", "name,timeZone\nWorks North,Europe/Berlin"))).toMatchObject({
    changed: 1,
  });
  expect((await readPlant(handle.db)).site).toMatchObject({ name: "Works North" });
});

test("each wrong row of a routing is named, and its other rows wait for it", async () => {
  const file = `product,sequence,operation,machineKind,machines,skill,cycleSeconds
cap,10,Moulding,press,,,14
cap,20,Cutting,lathe,,,
lid,10,Moulding,,press-9,,
lid,20,Cutting,saw,,,
ring,10,Moulding,press,,welding,
cup,10,Moulding,press,,,
ring,x,Cutting,saw,,,`;
  expect(await problemsIn("routings", file)).toEqual([
    [2, null, "belongs_together"],
    [3, "machines", "operation_nowhere"],
    [4, "machines", "name_unknown"],
    [5, null, "belongs_together"],
    [6, null, "belongs_together"],
    [7, "product", "name_unknown"],
    [8, "sequence", "not_a_number"],
  ]);
  const twice = "product,sequence,operation,machineKind\ncap,10,A,press\ncap,10,B,press\ncap,30,a,press";
  expect(await problemsIn("routings", twice)).toEqual([
    [2, "sequence", "row_twice"],
    [2, "operation", "row_twice"],
    [3, "sequence", "row_twice"],
    [4, "operation", "row_twice"],
  ]);
  // Two operations of one machine cannot have two ideal cycles of one product.
  const cycles =
    "product,sequence,operation,machines,cycleSeconds\ncap,10,A,press-1,4\ncap,20,B,press-1,5\ncap,30,C,press-1,4";
  expect(await problemsIn("routings", cycles)).toEqual([
    [2, null, "belongs_together"],
    [3, "cycleSeconds", "not_changeable"],
    [4, null, "belongs_together"],
  ]);
});

test("versions of a routing stand in the order of their days, whichever stands first in the file", async () => {
  const file = `product,from,sequence,operation,machines,cycleSeconds
cap,2026-10-01,10,Moulding,"press-1, press-2",12
cap,2026-09-01,10,Moulding,press-1,14
cap,,10,Moulding,saw-1,20`;
  expect(sums(await house.run("routings", file))).toEqual({ added: 3, changed: 0, same: 0, wrong: 0 });
  const before = await rowCounts(handle.db);
  expect(sums(await house.run("routings", file))).toEqual({ added: 0, changed: 0, same: 3, wrong: 0 });
  expect((await rowCounts(handle.db))["routing"]).toBe(before["routing"]);
  expect((await handle.db.select().from(routing)).map(({ version, during }) => [version, during])).toEqual([
    [1, { start: null, end: Date.parse("2026-09-01T00:00+02:00") }],
    [2, { start: Date.parse("2026-09-01T00:00+02:00"), end: Date.parse("2026-10-01T00:00+02:00") }],
    [3, { start: Date.parse("2026-10-01T00:00+02:00"), end: null }],
  ]);
  // What held before every version, and orders were made by, is not said anew by a file.
  expect(await problemsIn("routings", file.replace("saw-1,20", "press-2,20"))).toEqual([
    [2, null, "belongs_together"],
    [3, null, "belongs_together"],
    [4, "from", "not_changeable"],
  ]);
  const read = await house.current("routings");
  expect(sums(await house.attempt("routings", read))).toEqual({ added: 0, changed: 0, same: 3, wrong: 0 });
});

test("a version that was said in the middle of a minute is found again by its file, which shows none", async () => {
  clock.advance(13 * 60_000 + 22_000);
  await house.run("routings", "product,sequence,operation,machines\nring,10,Turning,saw-1");
  await house.run("routings", "product,sequence,operation,machines\nring,10,Turning,press-1");
  const [ring] = await handle.db.select().from(product).where(eq(product.code, "ring"));
  const [press] = (await readPlant(handle.db)).lines[0]?.machines ?? [];
  const standard = { productId: ring?.id, machineId: press?.id, cycleMs: 5000 };
  await setStandardCycle.execute(deps(), administrator, crypto.randomUUID(), standard);
  clock.advance(7 * 60_000);
  const read = await house.current("routings");
  expect(read).toContain("ring,2026-11-23 10:13,10,Turning,,press-1,0,,5,1");
  expect(sums(await house.attempt("routings", read))).toMatchObject({ changed: 0, wrong: 0 });
});

test("each wrong row of a bill is named, and a circle is refused where it would close", async () => {
  const file = `product,material,component,quantity,unit,scrapPercent
cap,pp,,0.1,g,
cap,,,1,,
cap,pp,lid,1,,
cap,steel,,1,,
cap,,lid,-1,,
cap,,lid,1,kg,
lid,pp,,1,kg,101`;
  expect(await problemsIn("bills", file)).toEqual([
    [2, "unit", "not_changeable"],
    [3, "material", "cell_needed"],
    [4, "material", "cell_needed"],
    [5, "material", "name_unknown"],
    [6, "quantity", "number_too_small"],
    [7, "unit", "not_changeable"],
    [8, "scrapPercent", "number_too_large"],
  ]);
  const circle = "product,component,quantity\ncap,lid,1\nlid,ring,2\nring,cap,1";
  const trial = await house.attempt("bills", circle);
  expect(trial.problems).toMatchObject([
    { line: 4, column: "component", code: "bill_circle", params: { chain: "ring → cap → lid → ring" } },
  ]);
  await expect(house.run("bills", circle)).rejects.toMatchObject({ code: "rows_wrong" });
  expect(await handle.db.select().from(billOfMaterial)).toEqual([]);
  expect(sums(await house.run("bills", circle, true))).toMatchObject({ added: 2, wrong: 1 });
});

test("a share that ends has the quantity nought from its day on, and stays for the time before", async () => {
  const file = "product,material,quantity,unit,from\ncap,pp,0,kg,2026-11-01\ncap,pp,0.2,kg,";
  expect(sums(await house.run("bills", file))).toMatchObject({ added: 2 });
  expect(sums(await house.run("bills", file))).toMatchObject({ same: 2, wrong: 0 });
  const shares = await handle.db.select().from(billOfMaterial);
  expect(shares.filter(({ materialId }) => materialId !== null)).toMatchObject([
    { perPart: 0.2, during: { start: null, end: Date.parse("2026-11-01T00:00+01:00") } },
  ]);
});

test("a bill comes from a workbook with its dates as a spreadsheet keeps them", async () => {
  const rows = [
    ["product", "material", "quantity", "from"],
    ["ring", "pp", 0.25, { serial: 46_296, shown: "date" as const }],
    ["ring", "pp", "much", null],
  ];
  const data = xlsxOf(rows).toString("base64");
  const trial = await imports.attempt(deps(), administrator, { kind: "bills", format: "xlsx", data });
  expect(sums(trial)).toEqual({ added: 1, changed: 0, same: 0, wrong: 1 });
  expect(trial.problems).toMatchObject([{ line: 3, column: "quantity", code: "not_a_number" }]);
});

test("each wrong row of skills is named; the list of skills is the plant's own", async () => {
  const file = `person,skill,since,until
ada,welding,,
zoe,crane,,
ada,crane,2026-05-01,2026-04-30
ben,crane,30.04.2026,
101,crane,,`;
  expect(await problemsIn("skills", file)).toEqual([
    [2, "skill", "name_unknown"],
    [3, "person", "name_unknown"],
    [4, "until", "invalid"],
    [5, "since", "time_malformed"],
  ]);
  expect(sums(await house.run("skills", "person,skill\n101,crane"))).toMatchObject({ added: 1 });
  expect(sums(await house.run("skills", "person,skill,until\nben,Crane,2027-01-01"))).toMatchObject({
    changed: 1,
  });
  // A file without the column says nothing of the last day; one without days finds it the same tomorrow.
  clock.advance(86_400_000);
  expect(sums(await house.run("skills", "person,skill\nben,crane"))).toMatchObject({ same: 1 });
  expect(await house.current("skills")).toContain("ben,crane,2026-11-23,2027-01-01");
});

test("each wrong row of tools is named; one machine has as many tools as places", async () => {
  const file = `serial,name,cavities,openCavities,machine,storage,fits
T-1,Mould,8,9,,,
T-2,Mould,,2,,,
T-3,Mould,8,8,press-1,Rack,
T-4,Mould,8,,,,cup=Moulding
T-5,Mould,8,,,,Moulding
T-6,Mould,8,,press-1,,
T-7,Mould,8,,press-1,,
T 8,Mould,8,,,,`;
  expect(await problemsIn("tools", file)).toEqual([
    [2, "openCavities", "cavities_too_many"],
    [3, "openCavities", "cavities_unknown"],
    [4, "storage", "tool_mounted"],
    [5, "fits", "name_unknown"],
    [6, "fits", "not_one_of"],
    [8, "machine", "tool_place_taken"],
    [9, "serial", "code_malformed"],
  ]);
  expect(sums(await house.run("tools", file, true))).toMatchObject({ added: 1, wrong: 7 });
  expect(sums(await house.run("tools", "serial,storage\nT-6,Rack 2"))).toMatchObject({ changed: 1 });
  expect(sums(await house.run("tools", "serial,storage\nT-6,Rack 2"))).toMatchObject({ same: 1 });
});

test("each wrong row of stations is named; a shut-out one is let in by a person, not by a file", async () => {
  const file = `name,machines,language,theme,mmPerPx
A,press-9,,,
B,,,,
C,press-1,fr,,
D,press-1,,,5
E,press-1,,,
E,press-2,,,
F,"press-1, saw-1",ar,dark,0.2`;
  expect(await problemsIn("stations", file)).toEqual([
    [2, "machines", "name_unknown"],
    [3, "machines", "cell_needed"],
    [4, "language", "not_one_of"],
    [5, "mmPerPx", "number_too_large"],
    [6, "name", "row_twice"],
    [7, "name", "row_twice"],
  ]);
  expect(sums(await house.run("stations", file, true))).toMatchObject({ added: 1, wrong: 6 });
  expect(sums(await house.run("stations", "name,machines\nF,saw-1"))).toMatchObject({ changed: 1 });
  const [made] = await handle.db.select().from(station);
  expect(made).toMatchObject({ name: "F", language: "ar", theme: "dark" });
  // The code is given out on the page: the one that a person asks for there ends what the file made.
  const stationId = made?.id ?? "";
  await makeStationCode.execute(deps(), administrator, crypto.randomUUID(), { stationId });
  expect(await handle.db.select().from(stationCode)).toHaveLength(1);
  await revokeStation.execute(deps(), administrator, crypto.randomUUID(), { stationId });
  expect(await problemsIn("stations", "name,machines\nF,saw-1")).toEqual([[2, "name", "already_taken"]]);
});
