import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit, command } from "#db/schema/core/core.ts";
import { personBadge, personPin } from "#db/schema/core/auth.ts";
import { job, material } from "#db/schema/execution/orders.ts";
import { testDb } from "#db/testing.ts";
import { ManualClock } from "#server/core/clock.ts";
import { addSkill } from "../people/skills.commands.ts";
import { verifyPin } from "../people/passwords.ts";
import { setSite } from "../plant/plant.commands.ts";
import type { ImportKind } from "./imports.contract.ts";
import { administrator, importsOn, imports, pepper, rowCounts, sums } from "./testing.ts";

/** An empty house that is furnished from files, one kind after the other. */
let handle: Awaited<ReturnType<typeof testDb>>;
let house: ReturnType<typeof importsOn>;
const clock = new ManualClock(Date.UTC(2026, 10, 23, 9));

beforeAll(async () => {
  handle = await testDb();
  house = importsOn({ db: handle.db, clock });
  const site = { name: "Works", timeZone: "Europe/Berlin" };
  const deps = { db: handle.db, clock };
  await setSite.execute(deps, administrator, crypto.randomUUID(), site);
  // Closed lists of the plant: a file names what stands in them.
  for (const [code, name] of [
    ["setter-1", "Setting up"],
    ["crane", "Crane"],
  ])
    await addSkill.execute(deps, administrator, crypto.randomUUID(), { code, name });
  const granulate = { code: "pp", name: "Polypropylene", unit: "kg" };
  await handle.db.insert(material).values(granulate);
});
afterAll(() => handle.close());

const files = {
  machines: `line,code,name,kind,signal
Hall 1,press-1,Press 1,press,connected
Hall 1,press-2,"=Press ""2""",press,manual
Hall 2,saw-1,Säge,saw,`,
  products: `code,name,machine,cycleSeconds,partsPerCycle
cap,Cap,press-1,14.5,8
cap,Cap,press-2,1.001,4
lid,Lid,,,`,
  routings: `product,from,sequence,operation,machineKind,machines,setupMinutes,skill,cycleSeconds,partsPerCycle
cap,,10,Moulding,press,,30,setter-1,13.5,8
cap,,20,Cutting,,saw-1,,,2.25,1
lid,2026-10-01,20,Cutting,,"Säge, press-1",5,,3,1
lid,2026-10-01,10,Feeding,,press-2,,,,
lid,2026-09-01 06:00,10,Feeding,,press-2,,,,`,
  bills: `product;material;component;quantity;unit;scrapPercent;from
cap;pp;;0,004;kg;2;2026-10-01
cap;pp;;0,005;kg;;
cap;;lid;1;pieces;;`,
  tools: `serial,name,cavities,openCavities,lifeCycles,warnShare,startShots,machine,storage,fits
T-1,Cap mould,8,7,500000,0.8,12000,press-1,,cap=Moulding; cap=Cutting
T-2,Spare,4,,,,,,Rack 4,
C-9,Cutter,,,,,,,,lid=Cutting`,
  shifts: `line;name;weekdays;start;end;breaks
hall-1;Early;Mon-Fri;6:00;14:00;10:00-10:15, 12:00-12:30
hall-1;Late;Mon-Fri;14:00:00;22:00;
hall-2;Night;5-1;22:00;06:00;02:00-02:30`,
  reasons: `name,planned,changeover,machineKind
No material,no,no,
Break,yes,no,
Tool change,,yes,press`,
  people: `code,name,roles,badge,pin
ada,Ada Larsen,"operator, setter",100234,482913
ben,Ben Okoro,supervisor,100235 100236,`,
  skills: `person,skill,since,until
ada,setter-1,2026-01-15,2028-01-14
100235,Crane,,
Ben Okoro,setter-1,2026-02-01,`,
  stations: `name,machines,language,theme,mmPerPx
Left,"press-1, Säge",de,dark,0.25
Right,press-2,,,`,
  orders: `code,product,quantity,machine,operation,due,priority
WO-1,cap,20000,press-1,Moulding,2026-11-30 14:00,2
WO-1,cap,20000,saw-1,Cutting,2026-11-30 14:00,2
WO-2,lid,10,saw-1,Cutting,,`,
} as const satisfies Partial<Record<ImportKind, string>>;
const kinds = Object.keys(files) as (keyof typeof files)[];

describe.each(kinds)("a file of %s", (kind) => {
  const rows = files[kind].split("\n").length - 1;

  test("is tried without a trace, stored once, and changes nothing the second time", async () => {
    const before = await rowCounts(handle.db);
    const trial = await house.attempt(kind, files[kind]);
    expect(trial.problems).toEqual([]);
    expect(sums(trial)).toEqual({ added: rows, changed: 0, same: 0, wrong: 0 });
    expect(await rowCounts(handle.db)).toEqual(before);
    expect(sums(await house.run(kind, files[kind]))).toEqual({ added: rows, changed: 0, same: 0, wrong: 0 });
    const after = await rowCounts(handle.db);
    expect(after).not.toEqual(before);
    expect(sums(await house.run(kind, files[kind]))).toEqual({ added: 0, changed: 0, same: rows, wrong: 0 });
    expect({ ...(await rowCounts(handle.db)), audit: 0, command: 0 }).toEqual({
      ...after,
      audit: 0,
      command: 0,
    });
  });

  test("comes out as it can go in again", async () => {
    const csv = await house.current(kind);
    const trial = await house.attempt(kind, csv);
    expect(trial.problems).toEqual([]);
    expect(sums(trial)).toEqual({ added: 0, changed: 0, same: rows, wrong: 0 });
  });

  test("stands in the record with what it did and its hash", async () => {
    const told = await handle.db.select().from(audit).where(eq(audit.objectId, kind));
    expect(told[0]).toMatchObject({
      action: "import.run",
      objectType: "import",
      after: {
        kind,
        rows,
        added: rows,
        changed: 0,
        same: 0,
        wrong: 0,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  test("has a template that names its columns and can be read", async () => {
    const template = imports.template(kind);
    const trial = await house.attempt(kind, template);
    // Its example may name a machine or line that this house lacks, and nothing else.
    expect(trial.problems.map(({ code }) => code).filter((code) => code !== "name_unknown")).toEqual([]);
  });
});

test("of rows that are wrong each is named with its column, and the good ones are stored if that is wished", async () => {
  const file = `line,code,name,kind,signal
Hall 1,press-1,Press one,press,
Hall 1,press 9,Bad code,press,
Hall 3,press-4,Press 4,press,by magic
Hall 3,press-5,,press,
,press-6,No line,press,
Hall 1,twice,A,press,
Hall 1,twice,B,press,
Hall 1,press-1-too-many,A,press,manual,stray`;
  const wrong = [
    [3, "code", "code_malformed"],
    [4, "signal", "not_one_of"],
    [6, "line", "cell_needed"],
    [7, "code", "row_twice"],
    [8, "code", "row_twice"],
    [9, null, "cells_too_many"],
  ];
  const trial = await house.attempt("machines", file);
  expect(trial.problems.map(({ line, column, code }) => [line, column, code])).toEqual(wrong);
  expect(trial.wrongRows.map(({ line }) => line)).toEqual([3, 4, 6, 7, 8, 9]);
  const before = await rowCounts(handle.db);
  await expect(house.run("machines", file)).rejects.toMatchObject({
    code: "rows_wrong",
    params: { wrong: 6, rows: 8 },
  });
  expect(await rowCounts(handle.db)).toEqual(before);
  expect(sums(await house.run("machines", file, true))).toEqual({ added: 1, changed: 1, same: 0, wrong: 6 });
  expect(sums(await house.attempt("machines", file))).toEqual({ added: 0, changed: 0, same: 2, wrong: 6 });
});

test("what a row was refused for in the middle of its work leaves nothing behind", async () => {
  const before = await rowCounts(handle.db);
  // The person would be made before the badge is found to be Ada's.
  const answer = await house.run("people", "code,name,roles,badge\ncara,Cara,operator,100234", true);
  expect(answer.problems).toMatchObject([{ line: 2, column: "badge", code: "badge_in_use" }]);
  expect({ ...(await rowCounts(handle.db)), audit: 0, command: 0 }).toEqual({
    ...before,
    audit: 0,
    command: 0,
  });
});

test("a badge that a file gives to two people is wrong in both rows", async () => {
  const trial = await house.attempt("people", "code,name,badge\ndan,Dan,555\neva,Eva,555\nfay,Fay,556");
  expect(trial.problems).toMatchObject([
    { line: 2, column: "badge", code: "row_twice", params: { line: 3 } },
    { line: 3, column: "badge", code: "row_twice", params: { line: 2 } },
  ]);
});

test("a PIN works afterwards, and stands in no answer, record or command", async () => {
  const file = "code,name,pin\nada,Ada Larsen,771204\nben,Ben Okoro,99x\ngus,Gus,12";
  const trial = await house.attempt("people", file);
  expect(trial.wrongRows.map(({ cells }) => cells)).toEqual([
    ["ben", "Ben Okoro", ""],
    ["gus", "Gus", ""],
  ]);
  const answer = await house.run("people", file, true);
  expect(sums(answer)).toEqual({ added: 0, changed: 1, same: 0, wrong: 2 });
  const hashes = await handle.db.select().from(personPin);
  expect(await Promise.all(hashes.map(({ hash }) => verifyPin(hash, "771204", pepper)))).toEqual([true]);
  const kept = JSON.stringify([
    trial,
    answer,
    await handle.db.select().from(audit),
    await handle.db.select().from(command),
  ]);
  for (const pin of ["771204", "482913", "99x"]) expect(kept).not.toContain(pin);
  // The hash of the file is the same with another PIN: it tells nothing of it.
  await house.run("people", file.replace("771204", "771205"), true);
  const told = await handle.db.select().from(audit).where(eq(audit.objectId, "people"));
  const shas = told.slice(-2).map(({ after }) => (after as { sha256: string }).sha256);
  expect(shas[0]).toBe(shas[1]);
  // So is what tells a repeat of the command.
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  for (const [i, commandId] of ids.entries()) {
    const data = `code,pin\nada,66000${i}`;
    const input = { kind: "people", format: "csv", data };
    await imports.run.execute({ db: handle.db, clock }, administrator, commandId, input);
  }
  const claimed = await handle.db.select().from(command).where(inArray(command.commandId, ids));
  expect(new Set(claimed.map(({ inputHash }) => Buffer.from(inputHash).toString("hex"))).size).toBe(1);
});

test("an order with a wrong operation is not stored with the rest of its operations", async () => {
  const file = `code,product,quantity,machine,operation
WO-7,cap,100,press-1,Moulding
WO-7,cap,100,nowhere,Cutting
WO-8,cap,x,press-1,Moulding
WO-8,cap,100,saw-1,Cutting
WO-9,cap,100,press-1,Moulding`;
  const answer = await house.run("orders", file, true);
  expect(answer.problems.map(({ line, code }) => [line, code])).toEqual([
    [2, "name_unknown"],
    [3, "name_unknown"],
    [4, "not_a_number"],
    [5, "belongs_together"],
  ]);
  expect(sums(answer)).toEqual({ added: 1, changed: 0, same: 0, wrong: 4 });
  expect(await handle.db.select().from(job)).toHaveLength(4);
});

test("an order that stands already is not changed by a file", async () => {
  const trial = await house.attempt("orders", files.orders.replaceAll("20000", "30000"));
  expect(trial.problems).toMatchObject([
    { line: 2, column: "quantity", code: "not_changeable", params: { is: 20_000 } },
    { line: 3, column: "quantity", code: "not_changeable" },
  ]);
});

test("shifts move together, whichever stands first in the file", async () => {
  const later = `line,name,weekdays,start,end
hall-1,Early,Mon-Fri,06:00,15:00
hall-1,Late,Mon-Fri,15:00,23:00`;
  expect(sums(await house.run("shifts", later))).toEqual({ added: 0, changed: 2, same: 0, wrong: 0 });
  const overlapping = await house.attempt(
    "shifts",
    "line,name,weekdays,start,end\nhall-1,Day,Mon,08:00,16:00",
  );
  expect(overlapping.problems).toMatchObject([{ line: 2, code: "shift_overlap" }]);
  // A file that says nothing of breaks takes none away.
  expect(await house.current("shifts")).toContain('Early,Mon-Fri,06:00,15:00,"10:00-10:15, 12:00-12:30"');
});

test("a column that is not in the file stays as it is, an empty cell of a name too", async () => {
  expect(sums(await house.run("reasons", "name,planned\nbreak,no"))).toMatchObject({ changed: 1 });
  expect(sums(await house.run("people", "code,name,badge\nben,,"))).toEqual({
    added: 0,
    changed: 0,
    same: 1,
    wrong: 0,
  });
  expect(await handle.db.select().from(personBadge)).toHaveLength(3);
});

test("a file that cannot be meant is refused as a whole, with one sentence", async () => {
  const refused = (csv: string) => house.attempt("reasons", csv).catch((error: unknown) => error);
  expect(await refused("name,colour\nJam,red")).toMatchObject({
    code: "column_unknown",
    params: { name: "colour" },
  });
  expect(await refused("name,Name\nJam,Jam")).toMatchObject({ code: "column_twice" });
  expect(await refused("planned\nyes")).toMatchObject({ code: "column_missing", params: { name: "name" } });
  expect(await refused("name\n")).toMatchObject({ code: "file_empty" });
  expect(await refused(`name\n${"Jam\n".repeat(501)}`)).toMatchObject({ code: "too_many_rows" });
});

test("nobody brings in what they may not type in", async () => {
  const operator = { ...administrator, roles: ["operator" as const] };
  const supervisor = { ...administrator, roles: ["supervisor" as const] };
  const deps = { db: handle.db, clock };
  const file = { format: "csv" as const, data: files.reasons };
  await expect(imports.attempt(deps, operator, { ...file, kind: "reasons" })).rejects.toMatchObject({
    code: "not_allowed",
  });
  await expect(
    imports.run.execute(deps, supervisor, crypto.randomUUID(), { ...file, kind: "reasons" }),
  ).rejects.toMatchObject({ code: "not_allowed" });
  const products = { format: "csv" as const, data: files.products, kind: "products" as const };
  expect(sums(await imports.attempt(deps, supervisor, products))).toMatchObject({ wrong: 0 });
});
