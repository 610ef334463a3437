import { randomUUID } from "node:crypto";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tag } from "#db/schema/device/tags.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { testDb } from "#db/testing.ts";
import { founderActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import { addTag, changeTag } from "./tags.commands.ts";
import { tagsOfSource } from "./tags.queries.ts";
import { applyTemplate, changeTemplateRow, dropTemplate, makeTemplate } from "./templates.commands.ts";
import { listTemplates } from "./templates.queries.ts";
import { makePlant, type TestPlant } from "./testing.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let plant: TestPlant;
let second: number;
const clock = new ManualClock(Date.UTC(2026, 10, 23, 6));
const administrator = founderActor("test");

beforeAll(async () => {
  handle = await testDb();
  plant = await makePlant(handle.db, "one", 0);
  await handle.db.update(tag).set({ enabled: false });
  const machine = { lineId: plant.lineId, code: "press-two", name: "Press 2", kind: "press" };
  const [row] = await handle.db
    .insert(workUnit)
    .values({ ...machine, microStopMs: 1000, staleMs: 5000 })
    .returning();
  second = row?.id ?? 0;
});
afterAll(() => handle.close());

const run = <I, O>(
  command: { execute(deps: object, actor: object, id: string, input: unknown): Promise<O> },
  input: I,
): Promise<O> => command.execute({ db: handle.db, clock }, administrator, randomUUID(), input);

const melt = {
  name: "Melt temperature",
  meaning: "measurement",
  datatype: "number",
  unit: "°C",
  low: 0,
  high: 400,
};

test("a template is made of one machine, gives its tags to the next, and both follow it but for their exceptions", async () => {
  const at = { sourceId: plant.sourceId, machineId: plant.machineId };
  const { tagId } = await run(addTag, { ...at, ...melt, metric: "p1/Melt" });
  await run(addTag, { ...at, metric: "p1/Good", name: "Good parts", meaning: "good", datatype: "number" });
  expect(await run(makeTemplate, { ...at, name: "Press", kind: "press", prefix: "p1/" })).toMatchObject({
    rows: 2,
  });

  const [template] = await listTemplates(handle.db);
  expect(template?.rows.map(({ metric, tags }) => [metric, tags])).toEqual([
    ["Good", 1],
    ["Melt", 1],
  ]);
  const to = { templateId: template?.id, sourceId: plant.sourceId, machineId: second, prefix: "p2/" };
  expect(await run(applyTemplate, to)).toEqual({ added: 2, kept: 0 });
  expect(await run(applyTemplate, to)).toEqual({ added: 0, kept: 2 });
  const tags = await tagsOfSource(handle.db, plant.sourceId);
  expect(tags.find(({ metric }) => metric === "p2/Melt")).toMatchObject({
    unit: "°C",
    high: 400,
    machineId: second,
    template: "Press",
    overrides: [],
  });

  // The first press is an exception in its upper limit; the deadband of both follows.
  await run(changeTag, { tagId, high: 350 });
  const rowId = template?.rows.find(({ metric }) => metric === "Melt")?.id;
  expect(await run(changeTemplateRow, { rowId, settings: { high: 380, deadband: 0.5 } })).toEqual({
    tags: 2,
  });
  const rows = await handle.db
    .select()
    .from(tag)
    .where(eq(tag.name, "Melt temperature"))
    .orderBy(asc(tag.metric));
  expect(rows.map(({ metric, high, deadband, overrides }) => [metric, high, deadband, overrides])).toEqual([
    ["p1/Melt", 350, 0.5, ["high"]],
    ["p2/Melt", 380, 0.5, []],
  ]);
});

test("a change of a template that does not fit one of its tags changes none", async () => {
  const [template] = await listTemplates(handle.db);
  const rowId = template?.rows.find(({ metric }) => metric === "Melt")?.id;
  // 390 lies above the upper limit that the template has, and above the first press's own.
  await expect(run(changeTemplateRow, { rowId, settings: { low: 390 } })).rejects.toMatchObject({
    code: "invalid",
  });
  const rows = await handle.db.select({ low: tag.low }).from(tag).where(eq(tag.name, "Melt temperature"));
  expect(rows.map(({ low }) => low)).toEqual([0, 0]);
});

test("a template whose tags say what another tag of the machine says already gives none of them", async () => {
  const [template] = await listTemplates(handle.db);
  const again = { templateId: template?.id, sourceId: plant.sourceId, machineId: second, prefix: "p3/" };
  await expect(run(applyTemplate, again)).rejects.toMatchObject({
    code: "meaning_taken",
    params: { name: "Good parts" },
  });
  expect((await tagsOfSource(handle.db, plant.sourceId)).some(({ metric }) => metric.startsWith("p3/"))).toBe(
    false,
  );
});

test("without its template a tag stays as it is, and nothing is an exception any more", async () => {
  const [template] = await listTemplates(handle.db);
  await run(dropTemplate, { templateId: template?.id });
  expect(await listTemplates(handle.db)).toEqual([]);
  const tags = await tagsOfSource(handle.db, plant.sourceId);
  expect(tags.find(({ metric }) => metric === "p2/Melt")).toMatchObject({ high: 380, template: null });
  await expect(
    run(makeTemplate, {
      name: "x",
      kind: "press",
      sourceId: plant.sourceId,
      machineId: second,
      prefix: "none/",
    }),
  ).rejects.toMatchObject({ code: "not_found" });
});
