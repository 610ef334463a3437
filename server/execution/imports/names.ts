import { eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { product } from "#db/schema/execution/orders.ts";
import { skill } from "#db/schema/execution/people.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { readPlant } from "../plant/plant.queries.ts";

/** Finds what a cell names: by code, else by a name that only one has. @throws Refusal name_unknown */
export type Named<I> = (text: string, column: string) => I;

export function namedBy<I>(rows: readonly { id: I; code: string; name: string }[]): Named<I> {
  const byCode = new Map(rows.map(({ id, code }) => [code, id]));
  const byName = new Map<string, I | null>();
  for (const { id, name } of rows) byName.set(name, byName.has(name) ? null : id);
  return (text, column) => {
    const id = byCode.get(text) ?? byName.get(text) ?? null;
    if (id === null) throw new Refusal("name_unknown", { value: text }, column);
    return id;
  };
}

export async function machinesNamed(tx: Tx): Promise<Named<number>> {
  return namedBy(
    await tx.select({ id: workUnit.id, code: workUnit.code, name: workUnit.name }).from(workUnit),
  );
}

export async function linesNamed(tx: Tx): Promise<Named<number>> {
  const lines = await tx
    .select({ id: equipment.id, code: equipment.code, name: equipment.name })
    .from(equipment)
    .where(eq(equipment.level, "line"));
  return namedBy(lines);
}

export async function productsNamed(tx: Tx): Promise<Named<string>> {
  return namedBy(await tx.select().from(product));
}

export async function skillsNamed(tx: Tx): Promise<Named<number>> {
  return namedBy(await tx.select().from(skill));
}

/** The zone in which the times of a file are meant. */
export async function zoneOf(tx: Tx): Promise<string> {
  return (await readPlant(tx)).site?.timeZone ?? "UTC";
}
