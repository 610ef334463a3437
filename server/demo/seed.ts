import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { setting } from "#db/schema/core/core.ts";
import { tag } from "#db/schema/device/tags.ts";
import { product } from "#db/schema/execution/orders.ts";
import { person } from "#db/schema/execution/people.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { type Actor, serviceActor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import { seedAdjustments } from "#server/execution/adjustments/seed.ts";
import { seedDetection } from "#server/execution/detection/seed.ts";
import { seedGuidance } from "#server/execution/guidance/seed.ts";
import { makeRoom } from "./history-fill.ts";
import { seedDefinitions } from "./seed-definitions.ts";
import { seedPeople, seedStations } from "./seed-people.ts";
import { seedPlant, type SeededPlant } from "./seed-plant.ts";
import { seedOrders, seedProduction } from "./seed-production.ts";

/** The hand of the demo plant: makes orders, runs jobs and loads lots as people would. */
export const demoHand: Actor = { ...serviceActor("demo plant"), roles: ["service", "setter", "supervisor"] };

export interface SeedOptions {
  readonly clock: Clock;
  /** How many seconds of the plant pass in a real one; every time constant is divided by it. */
  readonly speed: number;
  readonly edgeToken: string;
  readonly packerToken: string;
  /** The OPC UA server of the lathes: where it is reached, and the thumbprint of its certificate. */
  readonly cell: { readonly url: string; readonly thumbprint: string };
  /** What goes into the hash of a PIN beside the salt. */
  readonly pepper: string;
  readonly log: Logger;
  /** Told as things come to stand: how many steps of how many, and what. */
  readonly progress?: (done: number, total: number, detail: string) => void;
}

/** Thrown when a database holds a plant that is not the demo's. */
export class ForeignPlant extends Error {
  constructor() {
    super("this database holds a plant that the demo did not make; the demo fills only an empty one");
    this.name = "ForeignPlant";
  }
}

const demoSetting = "demo";
const dayMs = 86_400_000;
/** Days of readings that find their partition made: the demo's past with a margin, and the days to come. */
const pastDays = 40;
const aheadDays = 7;
const steps = 12;

/**
 * Fills an empty database with the demo plant. May be called again at any time: what stands stays, what was broken
 * off goes on. @throws ForeignPlant
 */
export async function seedDemo(db: Db, options: SeedOptions): Promise<void> {
  const { clock, speed, log, progress } = options;
  const tell = (done: number, detail: string) => progress?.(done, steps, detail);
  const [mark] = await db.select().from(setting).where(eq(setting.key, demoSetting));
  if (mark === undefined) {
    const [any] = await db.select({ id: equipment.id }).from(equipment).limit(1);
    if (any !== undefined) throw new ForeignPlant();
    tell(1, "machines");
    await db.transaction(async (tx) => {
      const now = clock.now();
      const { edgeToken: edge, packerToken: packer, cell } = options;
      const plant = await seedPlant(tx, speed, { edge, packer, cell }, now);
      await seedProduction(tx, plant, speed, now);
      await seedDefinitions(tx, plant, speed, now);
      await seedLoop(tx, speed, now);
      await tx
        .insert(setting)
        .values({ key: demoSetting, value: { speed, seededAt: now }, at: new Date(now) });
    });
  }
  // All at once, while nobody reads or writes: later each of them would stand in the way of the live plant.
  const now = clock.now();
  await makeRoom(db, { from: now - pastDays * dayMs, to: now + aheadDays * dayMs });
  const plant = await readPlant(db);
  let step = 2;
  await seedPeople({ db, clock }, options.pepper, (name) => tell((step += 1), name));
  const [decider] = await db
    .select({ id: person.id, name: person.name })
    .from(person)
    .where(eq(person.code, "dana"));
  if (decider !== undefined) await seedAdjustments(db, { now: clock.now(), decider });
  tell(10, "stations");
  await seedStations({ db, clock }, plant);
  tell(11, "orders");
  const [orders] = await db.execute<{ n: number }>(sql`select count(*)::int as n from production_order`);
  if ((orders?.n ?? 0) === 0) {
    const products = await db.select({ id: product.id, code: product.code }).from(product);
    await seedOrders({ db, clock }, demoHand, plant, new Map(products.map((p) => [p.code, p.id])), speed);
  }
  tell(steps, "");
  log.info({ speed }, "the demo plant stands");
}

/** What is watched, what is likely the cause, and what to do about it. */
async function seedLoop(tx: Tx, speed: number, now: number): Promise<void> {
  const machines = await tx
    .select({ id: workUnit.id, code: workUnit.code, kind: workUnit.kind })
    .from(workUnit);
  const tags = await tx.select({ id: tag.id, machineId: tag.machineId, metric: tag.metric }).from(tag);
  await seedGuidance(tx, { speed, now });
  await seedDetection(tx, { machines, tags, speed });
}

async function readPlant(db: Db): Promise<SeededPlant> {
  const machines = await db.select({ id: workUnit.id, code: workUnit.code }).from(workUnit);
  const lines = await db
    .select({ id: equipment.id, code: equipment.code })
    .from(equipment)
    .where(eq(equipment.level, "line"));
  return {
    machineIds: new Map(machines.map((m) => [m.code, m.id])),
    lineIds: new Map(lines.map((l) => [l.code, l.id])),
  };
}
