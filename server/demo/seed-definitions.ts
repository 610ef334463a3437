import { eq } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { billOfMaterial, product } from "#db/schema/execution/orders.ts";
import { skill } from "#db/schema/execution/people.ts";
import { physicalAsset } from "#db/schema/execution/plant.ts";
import { routing, routingOperation, routingOperationMachine } from "#db/schema/execution/routings.ts";
import { toolCavities, toolFit, toolMaintenance } from "#db/schema/execution/tools.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import { giveSkill } from "#server/execution/people/skills.commands.ts";
import { products } from "./catalogue.ts";
import type { SeededPlant } from "./seed-plant.ts";

const minute = 60_000;
const day = 86_400_000;

const skills = [
  { code: "moulding", name: "Injection moulding" },
  { code: "mould-change", name: "Mould change" },
  { code: "tempering", name: "Tempering oven" },
  { code: "packing", name: "Packing line" },
  { code: "turning", name: "Turning" },
  { code: "fork-lift", name: "Fork-lift truck" },
] as const;

/** Minutes of the plant's time for a set-up, what somebody must be able to do, and parts of its own that it holds. */
const details: Readonly<
  Record<string, { setupMin: number; skill: string; holds?: { code: string; perPart: number } }>
> = {
  "CAP-28": { setupMin: 45, skill: "moulding" },
  "CLIP-12": { setupMin: 45, skill: "moulding" },
  "CAP-28T": { setupMin: 10, skill: "tempering", holds: { code: "CAP-28", perPart: 1 } },
  "BUSH-24": { setupMin: 30, skill: "turning" },
  "PACK-10": { setupMin: 20, skill: "packing", holds: { code: "CAP-28T", perPart: 10 } },
};

/** Days since the tool of a press was maintained: the one of press 3 is due. */
const maintained = [
  { press: "press-1", days: 5, product: "CAP-28" },
  { press: "press-2", days: 9, product: "CAP-28" },
  { press: "press-3", days: 16, product: "CLIP-12" },
  { press: "press-4", days: 2, product: "CLIP-12" },
] as const;

/** Days that a skill still counts; null = for good. One runs out soon, one is over. */
const people: Readonly<Record<string, readonly (readonly [skill: string, days: number | null])[]>> = {
  ada: [
    ["moulding", 320],
    ["packing", null],
  ],
  ben: [
    ["moulding", 12],
    ["tempering", 200],
  ],
  chen: [
    ["mould-change", 540],
    ["moulding", null],
    ["fork-lift", -3],
  ],
  femi: [
    ["mould-change", 90],
    ["turning", 400],
  ],
};

/** How each product is made and of what, what each tool can make, and what people have to be able to do. */
export async function seedDefinitions(tx: Tx, plant: SeededPlant, speed: number, now: number): Promise<void> {
  const skillIds = new Map(
    (
      await tx
        .insert(skill)
        .values([...skills])
        .returning()
    ).map(({ code, id }) => [code, id]),
  );
  const ids = new Map((await tx.select().from(product)).map(({ code, id }) => [code, id]));
  for (const { code, operation, machines } of products) {
    const productId = ids.get(code);
    const detail = details[code];
    if (productId === undefined || detail === undefined) continue;
    const [version] = await tx
      .insert(routing)
      .values({ productId, version: 1, during: { start: null, end: null } })
      .returning({ id: routing.id });
    if (version === undefined) throw new Error("the database gave no id");
    const [row] = await tx
      .insert(routingOperation)
      .values({
        routingId: version.id,
        sequence: 10,
        name: operation,
        setupMs: Math.round((detail.setupMin * minute) / speed),
        skillId: skillIds.get(detail.skill) ?? null,
      })
      .returning({ id: routingOperation.id });
    if (row === undefined) throw new Error("the database gave no id");
    const able = machines.flatMap((machine) => plant.machineIds.get(machine) ?? []);
    await tx
      .insert(routingOperationMachine)
      .values(able.map((machineId) => ({ operationId: row.id, machineId })));
    const componentId = detail.holds === undefined ? undefined : ids.get(detail.holds.code);
    if (detail.holds !== undefined && componentId !== undefined)
      await tx.insert(billOfMaterial).values({ productId, componentId, perPart: detail.holds.perPart });
  }
  await tx.update(billOfMaterial).set({ scrapPercent: 2 }).where(eq(billOfMaterial.perPart, 0.025));
  await seedTools(tx, ids, speed, now);
}

async function seedTools(
  tx: Tx,
  productIds: ReadonlyMap<string, string>,
  speed: number,
  now: number,
): Promise<void> {
  // A spare mould lies in the store with a cavity that is closed.
  const [spare] = await tx
    .insert(physicalAsset)
    .values({
      kind: "tool",
      serial: "T-cap-spare",
      name: "Cap mould, spare",
      lifeCycles: 50_000 * speed,
      cavities: 8,
      startShots: 31_000 * speed,
      storage: "Tool store, rack 2",
    })
    .returning({ id: physicalAsset.id });
  const capId = productIds.get("CAP-28");
  if (spare !== undefined && capId !== undefined) {
    await tx
      .insert(toolCavities)
      .values({ assetId: spare.id, open: 7, during: { start: now - 20 * day, end: null } });
    await tx.insert(toolFit).values({ assetId: spare.id, productId: capId, operation: "mould" });
  }
  for (const { press, days, product: code } of maintained) {
    const [tool] = await tx
      .update(physicalAsset)
      .set({
        name: code === "CAP-28" ? "Cap mould" : "Clip mould",
        // In a plant that is faster, tools make more shots a day.
        lifeCycles: 50_000 * speed,
      })
      .where(eq(physicalAsset.serial, `T-${press}`))
      .returning({ id: physicalAsset.id });
    const productId = productIds.get(code);
    if (tool === undefined || productId === undefined) continue;
    await tx.insert(toolFit).values({ assetId: tool.id, productId, operation: "mould" });
    await tx.insert(toolMaintenance).values({
      assetId: tool.id,
      at: new Date(now - days * day),
      shots: 49_000 * speed,
      note: "Cleaned, vents polished",
    });
  }
}

/** What the demo's people can do. */
export async function seedSkills(
  deps: { db: Db; clock: Clock },
  actor: Actor,
  code: string,
  personId: string,
): Promise<void> {
  const known = new Map((await deps.db.select().from(skill)).map(({ code: name, id }) => [name, id]));
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
  const now = deps.clock.now();
  for (const [name, days] of people[code] ?? []) {
    const skillId = known.get(name);
    if (skillId === undefined) continue;
    await giveSkill.execute(deps, actor, crypto.randomUUID(), {
      personId,
      skillId,
      since: dayOf(now - 700 * day),
      expiresOn: days === null ? null : dayOf(now + days * day),
    });
  }
}
