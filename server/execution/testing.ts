import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { serviceActor, type Actor } from "#server/core/actor.contract.ts";
import { silentLogger } from "#server/core/log.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import { type ConsumedReading, type Consumer, nothingNeeded } from "./ingest/consumer.ts";

/** For tests: a small plant, and a hand that stores readings and runs consumers over them as a lane does. */
export interface TestMachine {
  readonly id: number;
  readonly lineId: number;
  readonly tags: Readonly<Record<"state" | "fault" | "good" | "scrap" | "cycles" | "guard", number>>;
}

export const testLimits = { staleMs: 60_000, microStopMs: 30_000 };

const datatypes: Partial<Record<TagMeaning, string>> = { state: "text", fault: "text", guard: "boolean" };

/** One line in Berlin with one machine that has the tags above; call it again for another line and machine. */
export async function testMachine(db: Db, code: string, positions = 1): Promise<TestMachine> {
  const one = async (query: ReturnType<typeof sql>) => (await db.execute<{ id: number }>(query))[0]?.id ?? 0;
  const site = await one(sql`
    insert into equipment (level, code, name, time_zone) values ('site', ${`site-${code}`}, 'Site', 'Europe/Berlin') returning id`);
  const lineId = await one(sql`
    insert into equipment (parent_id, level, code, name) values (${site}, 'line', ${`line-${code}`}, 'Line') returning id`);
  const id = await one(sql`
    insert into work_unit (line_id, code, name, kind, positions, micro_stop_ms, stale_ms)
    values (${lineId}, ${code}, ${code}, 'press', ${positions}, ${testLimits.microStopMs}, ${testLimits.staleMs}) returning id`);
  const edge = await one(
    sql`insert into edge (code, name, token_hash) values (${`edge-${code}`}, 'Edge', '\\x00') returning id`,
  );
  const source = await one(
    sql`insert into source (edge_id, code, driver) values (${edge}, ${`source-${code}`}, 'test') returning id`,
  );
  const tags: Record<string, number> = {};
  for (const meaning of ["state", "fault", "good", "scrap", "cycles", "guard"] as const)
    tags[meaning] = await one(sql`
      insert into tag (source_id, machine_id, metric, name, meaning, datatype)
      values (${source}, ${id}, ${`${code}/${meaning}`}, ${meaning}, ${meaning}, ${datatypes[meaning] ?? "number"}) returning id`);
  return { id, lineId, tags: tags as TestMachine["tags"] };
}

/** A product with its standard on a machine and an order with one job a machine's position wants. @returns ids */
export async function testJob(
  db: Db,
  machine: TestMachine,
  code: string,
  standard: { readonly cycleMs: number; readonly parts: number } = { cycleMs: 10_000, parts: 1 },
): Promise<{ jobId: string; productId: string; orderId: string }> {
  const one = async (query: ReturnType<typeof sql>) => (await db.execute<{ id: string }>(query))[0]?.id ?? "";
  const productId = await one(
    sql`insert into product (code, name) values (${`P-${code}`}, ${`Product ${code}`}) returning id`,
  );
  await db.execute(sql`
    insert into standard_cycle (product_id, machine_id, cycle_ms, parts_per_cycle)
    values (${productId}, ${machine.id}, ${standard.cycleMs}, ${standard.parts})`);
  const orderId = await one(sql`
    insert into production_order (code, product_id, quantity, state) values (${code}, ${productId}, 1000, 'ready') returning id`);
  const jobId = await one(sql`
    insert into job (order_id, sequence, operation, machine_id, quantity, state)
    values (${orderId}, 10, 'mould', ${machine.id}, 1000, 'ready') returning id`);
  return { jobId, productId, orderId };
}

/** A lot of a new material; with `productId` it stands on that product's bill, 0.5 kg a part. */
export async function testLot(
  db: Db,
  code: string,
  productId?: string,
): Promise<{ lotId: string; materialId: string }> {
  const one = async (query: ReturnType<typeof sql>) => (await db.execute<{ id: string }>(query))[0]?.id ?? "";
  const materialId = await one(
    sql`insert into material (code, name, unit) values (${`M-${code}`}, ${`Material ${code}`}, 'kg') returning id`,
  );
  if (productId !== undefined)
    await db.execute(
      sql`insert into bill_of_material (product_id, material_id, per_part) values (${productId}, ${materialId}, 0.5)`,
    );
  const lotId = await one(
    sql`insert into lot (code, material_id, quantity) values (${code}, ${materialId}, 500) returning id`,
  );
  return { lotId, materialId };
}

export interface Said {
  readonly at: number;
  readonly what: keyof TestMachine["tags"];
  readonly value: string | number | boolean;
  readonly quality?: number;
}

export interface TestLane {
  /** Stores the readings as one batch and runs the consumers over it, in the order given. */
  hear(
    machine: TestMachine,
    said: readonly Said[],
    options?: { now?: number; historical?: boolean },
  ): Promise<void>;
}

/** What a lane does: stored first, then each consumer in a transaction of its own with its own memory. */
export function testLane(db: Db, consumers: readonly Consumer[]): TestLane {
  const memory = new Map<string, unknown>();
  let seq = 0;
  return {
    async hear(machine, said, options = {}) {
      const readings: ConsumedReading[] = said.map(({ at, what, value, quality }) => ({
        tagId: machine.tags[what],
        machineId: machine.id,
        meaning: what,
        sourceTime: at,
        num: typeof value === "string" ? Number.NaN : Number(value),
        txt: typeof value === "string" ? value : null,
        quality: quality ?? 0,
        seq: (seq += 1),
      }));
      const rows = readings.map((r) => [
        r.sourceTime,
        r.seq,
        Number.isNaN(r.num) ? null : r.num,
        r.tagId,
        r.quality,
        r.txt,
      ]);
      await db.execute(sql`
        insert into reading (source_ts, edge_ts, epoch, seq, num, stream_id, tag_id, quality, txt)
        select to_timestamp((r ->> 0)::float8 / 1000), to_timestamp((r ->> 0)::float8 / 1000), 1, (r ->> 1)::int,
          (r ->> 2)::float8, 1, (r ->> 3)::int, (r ->> 4)::int, r ->> 5
        from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) r`);
      const now = options.now ?? Math.max(...said.map((s) => s.at));
      for (const consumer of consumers) {
        const needed = (await consumer.needs?.(db, now)) ?? nothingNeeded;
        const wanted = readings.filter((r) =>
          consumer.wants(
            { id: r.tagId, machineId: r.machineId, meaning: r.meaning, metric: r.meaning },
            needed,
          ),
        );
        if (wanted.length === 0) continue;
        await db.transaction((tx) =>
          consumer.process(
            {
              tx,
              now,
              log: silentLogger,
              historical: options.historical ?? false,
              state: {
                get: <T>(key: string) => memory.get(`${consumer.name}/${key}`) as T | undefined,
                set: (key, value) => void memory.set(`${consumer.name}/${key}`, value),
              },
            },
            wanted,
          ),
        );
      }
    },
  };
}

/** A person at a machine, who may do what the floor may do. */
export const testHand: Actor = {
  ...serviceActor("hand"),
  kind: "person",
  roles: ["setter", "supervisor", "quality"],
};
