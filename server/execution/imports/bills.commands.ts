import { z } from "zod";
import { material } from "#db/schema/execution/orders.ts";
import type { CommandContext } from "#server/core/command.ts";
import { holdsAt } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { setBill } from "../orders/bill.commands.ts";
import { SetBill } from "../orders/bill.contract.ts";
import { sharesOf } from "../orders/dated.queries.ts";
import { asLocalStart, asNumber, asText } from "./cells.rules.ts";
import { defineImporter, ofRow, oneByOne, type Outcome } from "./importer.ts";
import { byStart, startsIn } from "./local-time.rules.ts";
import { type Named, namedBy, productsNamed, zoneOf } from "./names.ts";

const Row = z.object({
  product: z.string(),
  /** What it holds: a material, or another product. */
  material: z.string().nullish(),
  component: z.string().nullish(),
  quantity: SetBill.shape.perPart,
  unit: z.string().nullish(),
  scrapPercent: SetBill.shape.scrapPercent.unwrap().nullish(),
  /** Local to the works, `2026-11-30T00:00`. */
  from: z.string().nullish(),
});
type Row = z.infer<typeof Row>;

interface Known {
  readonly zone: string;
  readonly products: Named<string>;
  readonly materials: Named<string>;
  readonly units: ReadonlyMap<string, string>;
}

/** Columns that the fields of the commands stand in. */
const columns = { componentId: "component", materialId: "material", perPart: "quantity" };
/** What a product is counted in. */
const pieces = "pieces";

/** Bills of materials: one row a product, what it holds, and the time from which on that holds. */
export const billsImporter = defineImporter<Row>({
  columns: [
    { name: "product", read: asText, needed: true },
    { name: "material", read: asText },
    { name: "component", read: asText },
    { name: "quantity", read: asNumber, needed: true },
    { name: "unit", read: asText },
    { name: "scrapPercent", read: asNumber },
    { name: "from", read: asLocalStart },
  ],
  schema: Row,
  maxRows: 10_000,
  example: ["cap-28", "granulate", "", 0.004, "kg", 2, ""],
  once: [{ column: "from", of: (row) => [`${keyOf(row)} ${row.from ?? ""}`] }],
  check: (rows) =>
    rows.flatMap(({ line, values }) =>
      (values.material == null) !== (values.component == null)
        ? []
        : [{ line, column: "material", code: "cell_needed" as const, params: {} }],
    ),
  store: oneByOne(
    async ({ tx }): Promise<Known> => {
      const materials = await tx.select().from(material);
      return {
        zone: await zoneOf(tx),
        products: await productsNamed(tx),
        materials: namedBy(materials),
        units: new Map(materials.map(({ id, unit }) => [id, unit])),
      };
    },
    storeShares,
    keyOf,
  ),
});

function keyOf({ product, material: of, component }: Row): string {
  return [product, of ?? "", component ?? ""].join("\n");
}

/** All that is said of one component, the earliest first: what is said from a time on replaces what was said for later. */
async function storeShares(context: CommandContext, rows: readonly Row[], known: Known): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const row of rows.toSorted(byStart)) {
    const at = rows.indexOf(row);
    outcomes.push(await ofRow(at, columns, () => storeShare(context, row, known, rows.length > 1)));
  }
  return outcomes.find((one) => one !== "same") ?? "same";
}

async function storeShare(
  context: CommandContext,
  row: Row,
  known: Known,
  several: boolean,
): Promise<Outcome> {
  const productId = known.products(row.product, "product");
  const component = {
    materialId: row.material == null ? null : known.materials(row.material, "material"),
    componentId: row.component == null ? null : known.products(row.component, "component"),
  };
  const unit = component.materialId === null ? pieces : (known.units.get(component.materialId) ?? pieces);
  if (row.unit != null && row.unit !== unit) throw new Refusal("not_changeable", { is: unit }, "unit");
  const before = await sharesOf(context.tx, productId, component);
  const { from, at } = startsIn(row.from, known.zone, before, several, context.now);
  const held = holdsAt(before, at);
  const scrapPercent = row.scrapPercent ?? held?.scrapPercent ?? 0;
  const same =
    held === undefined
      ? row.quantity === 0
      : held.perPart === row.quantity && held.scrapPercent === scrapPercent;
  if (same) return "same";
  // What holds since always is said once; the editor changes it from a time on.
  if (at === -Infinity && before.length > 0)
    throw new Refusal("not_changeable", { is: held?.perPart ?? 0 }, "quantity");
  await setBill.part(context, {
    productId,
    ...(component.materialId === null
      ? { componentId: component.componentId }
      : { materialId: component.materialId }),
    perPart: row.quantity,
    scrapPercent,
    ...(from === undefined ? {} : { from }),
  });
  return before.length === 0 ? "added" : "changed";
}
