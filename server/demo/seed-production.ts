import type { Db, Tx } from "#db/client.ts";
import { billOfMaterial, lot, material, product, standardCycle } from "#db/schema/execution/orders.ts";
import {
  faultReason,
  stopReason,
  stopReasonClass,
  stopReasonGroup,
} from "#db/schema/execution/production.ts";
import { shiftPattern } from "#db/schema/execution/shifts.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import { expandAllShifts } from "#server/execution/shifts/expand.ts";
import { createOrder } from "#server/execution/orders/planning.commands.ts";
import {
  cycleMs,
  demoMachines,
  materials,
  orderQuantity,
  productOf,
  products,
  shifts,
  reasonGroups,
  stopReasons,
} from "./catalogue.ts";
import type { SeededPlant } from "./seed-plant.ts";

const everyDay = [1, 2, 3, 4, 5, 6, 7];

/** Products with their standards and bills, materials with a lot each, shifts and stop reasons. */
export async function seedProduction(tx: Tx, plant: SeededPlant, speed: number, now: number): Promise<void> {
  const materialIds = new Map<string, string>();
  for (const { code, name, unit, lotQuantity, prefix } of materials) {
    const [row] = await tx.insert(material).values({ code, name, unit }).returning({ id: material.id });
    if (row === undefined) throw new Error("the database gave no id");
    materialIds.set(code, row.id);
    await tx.insert(lot).values(
      [1, 2].map((n) => ({
        code: `${prefix}-${1000 + n}`,
        materialId: row.id,
        quantity: lotQuantity,
        location: "Store",
      })),
    );
  }
  for (const made of products) {
    const [row] = await tx
      .insert(product)
      .values({ code: made.code, name: made.name })
      .returning({ id: product.id });
    if (row === undefined) throw new Error("the database gave no id");
    const materialId = made.material === null ? undefined : materialIds.get(made.material.code);
    if (made.material !== null && materialId !== undefined)
      await tx
        .insert(billOfMaterial)
        .values({ productId: row.id, materialId, perPart: made.material.perPart });
    for (const code of made.machines) {
      const machine = demoMachines.find((m) => m.code === code);
      const machineId = plant.machineIds.get(code);
      if (machine === undefined || machineId === undefined) continue;
      await tx.insert(standardCycle).values({
        productId: row.id,
        machineId,
        cycleMs: cycleMs(machine, speed),
        partsPerCycle: machine.perCycle,
      });
    }
  }
  for (const lineId of plant.lineIds.values())
    await tx
      .insert(shiftPattern)
      .values(shifts.map((s) => ({ ...s, breaks: [...s.breaks], lineId, weekdays: everyDay })));
  await expandAllShifts(tx, now, -1, 14);
  await seedReasons(tx);
}

async function seedReasons(tx: Tx): Promise<void> {
  const kinds = [...new Set(demoMachines.map((m) => m.kind))];
  const groups = await tx
    .insert(stopReasonGroup)
    .values(reasonGroups.map((group, position) => ({ ...group, position })))
    .returning({ id: stopReasonGroup.id, code: stopReasonGroup.code });
  for (const { code, name, group, planned = false, changeover = false, faults = [] } of stopReasons) {
    const groupId = groups.find((one) => one.code === group)?.id ?? null;
    const [row] = await tx
      .insert(stopReason)
      .values({ code, name, groupId })
      .returning({ id: stopReason.id });
    if (row === undefined) throw new Error("the database gave no id");
    if (planned || changeover)
      await tx.insert(stopReasonClass).values({ reasonId: row.id, planned, changeover });
    const map = faults.flatMap((fault) =>
      kinds.map((machineKind) => ({ machineKind, fault, reasonId: row.id })),
    );
    if (map.length > 0) await tx.insert(faultReason).values(map);
  }
}

/** The first orders: what will run at once is twice as long, so that a first look is not cut by a change of job. */
export async function seedOrders(
  deps: { db: Db; clock: Clock },
  actor: Actor,
  plant: SeededPlant,
  productIds: ReadonlyMap<string, string>,
  speed: number,
): Promise<void> {
  let number = 24_001;
  for (const machine of demoMachines) {
    const made = productOf(machine.code);
    const machineId = plant.machineIds.get(machine.code);
    const productId = productIds.get(made.code);
    if (machineId === undefined || productId === undefined) continue;
    const first = machine.kind === "oven" ? 4 : 1;
    for (let i = 0; i < first + 2; i++) {
      const quantity = orderQuantity(made, speed) * (i < first ? 2 : 1);
      await createOrder.execute(deps, actor, crypto.randomUUID(), {
        code: `PO-${(number += 1)}`,
        productId,
        quantity,
        due: deps.clock.now() + (i + 1) * 8 * 3_600_000,
        priority: Math.min(9, i + 3),
        jobs: [{ machineId, operation: made.operation }],
      });
    }
  }
}
