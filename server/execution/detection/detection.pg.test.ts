import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { testDb } from "#db/testing.ts";
import { alarm } from "#db/schema/execution/alarms.ts";
import { deviation } from "#db/schema/execution/detection.ts";
import { silentLogger } from "#server/core/log.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import { type ConsumedReading, nothingNeeded } from "../ingest/consumer.ts";
import { makeLoop } from "../adjustments/loop-testing.ts";
import { createDetectionConsumer } from "./detection-consumer.ts";
import { findDeviation } from "./detection.queries.ts";
import { stableId } from "#server/core/ids.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let db: Db;
beforeAll(async () => {
  handle = await testDb();
  db = handle.db;
});
afterAll(() => handle.close());

const start = Date.UTC(2026, 10, 22, 9);

interface Stored extends Record<string, unknown> {
  tagId: number;
  machineId: number;
  meaning: TagMeaning;
  sourceTime: number;
  num: number | null;
  txt: string | null;
  quality: number;
  seq: number;
}

/** What is stored of a machine, as a lane replays it. */
async function stored(machineId: number): Promise<ConsumedReading[]> {
  const rows = await db.execute<Stored>(sql`
    select r.tag_id as "tagId", t.machine_id as "machineId", t.meaning,
      (extract(epoch from r.source_ts) * 1000)::float8 as "sourceTime", r.num, r.txt, r.quality, r.seq::int as seq
    from reading r join tag t on t.id = r.tag_id where t.machine_id = ${machineId} order by r.seq`);
  return rows.map((row) => ({ ...row, num: row.num ?? Number.NaN }));
}

/** Runs a fresh consumer over readings in batches of `size`; its memory goes through JSON as it is kept. */
async function replay(
  readings: readonly ConsumedReading[],
  size: number,
  historical: boolean,
): Promise<void> {
  const consumer = createDetectionConsumer();
  const memory = new Map<string, string>();
  const needed = (await consumer.needs?.(db, start)) ?? nothingNeeded;
  const wanted = readings.filter((r) =>
    consumer.wants({ id: r.tagId, machineId: r.machineId, meaning: r.meaning, metric: "" }, needed),
  );
  for (let i = 0; i < wanted.length; i += size) {
    const batch = wanted.slice(i, i + size);
    await db.transaction((tx) =>
      consumer.process(
        {
          tx,
          now: batch.at(-1)?.sourceTime ?? start,
          log: silentLogger,
          historical,
          state: {
            get: <T>(key: string) => {
              const text = memory.get(key);
              return text === undefined ? undefined : (JSON.parse(text) as T);
            },
            set: (key, value) => void memory.set(key, JSON.stringify(value)),
          },
        },
        batch,
      ),
    );
  }
}

test("13.2: a replay of stored readings finds the same deviations, in whatever batches; a backlog finds none", async () => {
  const loop = await makeLoop(db, "replay", start);
  const found = async () => {
    const rows = await db
      .select()
      .from(deviation)
      .where(eq(deviation.machineId, loop.machineId))
      .orderBy(asc(deviation.seenAt));
    return rows.map(({ id, kind, state, since, seenAt, clearedAt, evidence }) => ({
      id,
      kind,
      state,
      since,
      seenAt,
      clearedAt,
      evidence,
    }));
  };
  await loop.run(30);
  loop.press.drift = 10;
  await loop.run(25);
  loop.press.drift = 0;
  loop.press.material = 6;
  await loop.run(75);
  const live = await found();
  expect(live.map((d) => `${d.kind} ${d.state}`)).toEqual(["temperature_drift cleared", "run_out open"]);
  // The drift began with second 30 and was seen within 20 seconds.
  const seenAfter = (live[0]?.seenAt.getTime() ?? 0) - (start + 30_000);
  expect(seenAfter).toBeGreaterThan(0);
  expect(seenAfter).toBeLessThanOrEqual(20_000);

  const readings = await stored(loop.machineId);
  for (const size of [7, 5000]) {
    await db.execute(sql`truncate adjustment, deviation, alarm, instruction_run, command cascade`);
    await replay(readings, size, false);
    expect(await found()).toEqual(live);
  }
  await db.execute(sql`truncate adjustment, deviation, alarm, instruction_run, command cascade`);
  await replay(readings, 500, true);
  expect(await found()).toEqual([]);
  expect(await db.select().from(alarm).where(eq(alarm.machineId, loop.machineId))).toEqual([]);
}, 180_000);

test(
  "an alarm is raised in the transaction that found the deviation, with cause and evidence on the card",
  { timeout: 120_000 },
  async () => {
    const loop = await makeLoop(db, "cause", start + 3_600_000);
    await loop.run(30);
    loop.press.extra = 14;
    loop.press.flow = 5;
    const seen = async () =>
      (await db.select().from(deviation).where(eq(deviation.machineId, loop.machineId))).length > 0;
    expect(await loop.run(30, seen)).toBe(true);
    const [row] = await db.select().from(deviation).where(eq(deviation.machineId, loop.machineId));
    const view = await findDeviation(db, row?.id ?? "");
    expect(row?.id).toBe(stableId(`deviation:${row?.ruleId}:${row?.seenAt.getTime()}`));
    expect(view).toMatchObject({
      kind: "temperature_drift",
      state: "open",
      title: { key: "deviation.temperature_drift.title" },
      cause: { code: "cooling_clogged", signals: [{ name: "CoolingFlow", value: 5, op: "<", limit: 9 }] },
      evidence: { direction: "up", normal: 230, unit: "°C", quality: { excluded: 0 } },
    });
    expect(view?.alarmId).not.toBeNull();
    expect(view?.evidence.series.length).toBeGreaterThan(3);
    expect(view?.evidence.statistic).toBeGreaterThanOrEqual(view?.evidence.limit ?? 0);
  },
);
