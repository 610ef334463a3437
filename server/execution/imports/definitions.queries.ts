import { asc, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs } from "#db/sql.ts";
import { product } from "#db/schema/execution/orders.ts";
import { toolFit } from "#db/schema/execution/tools.ts";
import type { CsvCell } from "#server/core/csv.rules.ts";
import { holdsAt } from "#server/core/dated.rules.ts";
import { standardsOf } from "../orders/dated.queries.ts";
import { routingsOf } from "../orders/routing.queries.ts";
import { readPlant } from "../plant/plant.queries.ts";
import { listTools } from "../tools/tools.queries.ts";
import { pairsText } from "./cells.rules.ts";
import { localText } from "./local-time.rules.ts";

type FileRow = Readonly<Record<string, CsvCell>>;

/** Codes of machines by id, and the zone of the works: what the files below name and mean. */
async function around(db: Db | Tx) {
  const { site, lines } = await readPlant(db);
  const machines = lines.flatMap((line) => line.machines);
  const zone = site?.timeZone ?? "UTC";
  return {
    codes: new Map(machines.map(({ id, code }) => [id, code])),
    local: (at: number | null) => (at === null ? null : localText(at, zone)),
  };
}

/** Every version that held or will, the earliest first. */
export async function routingRows(db: Db | Tx, now: number): Promise<FileRow[]> {
  const { codes, local } = await around(db);
  const skills = await db.execute<{ id: number; code: string }>(sql`select id, code from skill`);
  const skillCodes = new Map(skills.map(({ id, code }) => [id, code]));
  const rows: FileRow[] = [];
  for (const { id, code } of await db.select().from(product).orderBy(asc(product.code))) {
    const versions = (await routingsOf(db, id)).filter(({ replaced }) => !replaced).toReversed();
    for (const { from, operations } of versions)
      for (const one of operations) {
        const at = from ?? (versions.length > 1 ? -Infinity : now);
        rows.push({
          product: code,
          from: local(from),
          sequence: one.sequence,
          operation: one.name,
          machineKind: one.machineKind,
          machines: one.machineIds.map((machineId) => codes.get(machineId) ?? "").join(", "),
          setupMinutes: one.setupMs / 60_000,
          skill: one.skillId === null ? null : (skillCodes.get(one.skillId) ?? null),
          ...(await cycleOf(
            db,
            id,
            one.machines.map((machine) => machine.id),
            at,
          )),
        });
      }
  }
  return rows;
}

/** The cycle that all of these machines have in common; nothing where they differ. */
async function cycleOf(db: Db | Tx, productId: string, machineIds: readonly number[], at: number) {
  const held = [];
  for (const machineId of machineIds) held.push(holdsAt(await standardsOf(db, productId, machineId), at));
  const [first] = held;
  const alike = held.every(
    (one) => one?.cycleMs === first?.cycleMs && one?.partsPerCycle === first?.partsPerCycle,
  );
  if (first === undefined || !alike) return { cycleSeconds: null, partsPerCycle: null };
  return { cycleSeconds: first.cycleMs / 1000, partsPerCycle: first.partsPerCycle };
}

export async function billRows(db: Db | Tx): Promise<FileRow[]> {
  const { local } = await around(db);
  const rows = await db.execute<Record<string, string | number | null>>(sql`
    select p.code as product, m.code as material, c.code as component, b.per_part::float8 as quantity,
      coalesce(m.unit, 'pieces') as unit, b.scrap_percent::float8 as "scrapPercent",
      nullif(${epochMs(sql`lower(b.during)`)}, '-infinity') as "from"
    from bill_of_material b join product p on p.id = b.product_id
    left join material m on m.id = b.material_id left join product c on c.id = b.component_id
    order by p.code, coalesce(m.code, c.code), lower(b.during) nulls first`);
  return rows.map(({ from, ...row }) => ({ ...row, from: local(typeof from === "number" ? from : null) }));
}

export async function toolRows(db: Db | Tx, now: number): Promise<FileRow[]> {
  const { codes } = await around(db);
  const fits = await db
    .select({ toolId: toolFit.assetId, code: product.code, operation: toolFit.operation })
    .from(toolFit)
    .innerJoin(product, eq(product.id, toolFit.productId))
    .orderBy(asc(product.code), asc(toolFit.operation));
  return (await listTools(db, now))
    .filter(({ active }) => active)
    .map(
      ({
        id,
        serial,
        name,
        cavities,
        openCavities,
        lifeCycles,
        warnShare,
        startShots,
        machine,
        storage,
      }) => ({
        serial,
        name,
        cavities,
        openCavities,
        lifeCycles,
        warnShare,
        startShots,
        machine: machine === null ? null : (codes.get(machine.id) ?? null),
        storage: machine === null ? storage : null,
        fits: pairsText(fits.filter(({ toolId }) => toolId === id).map((one) => [one.code, one.operation])),
      }),
    );
}
