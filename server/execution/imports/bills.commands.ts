import { z } from "zod";
import { material, product } from "#db/schema/execution/orders.ts";
import type { CommandContext } from "#server/core/command.ts";
import { holdsAt } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { setBill } from "../orders/bill.commands.ts";
import { type BillLine, SetBill } from "../orders/bill.contract.ts";
import { billOf } from "../orders/definition.queries.ts";
import { asNumber, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";
import { type Named, namedBy } from "./names.ts";

const Row = z.object({
  product: z.string(),
  component: z.string(),
  perPart: SetBill.shape.perPart,
  scrapPercent: SetBill.shape.scrapPercent.unwrap().nullish(),
});
type Row = z.infer<typeof Row>;

/** What a cell names of what a part can hold. */
type Part = { readonly materialId: string } | { readonly componentId: string };

/** Bills of materials: one row what one part of a product holds of a material or of another product, from now on. */
export const billsImporter = defineImporter<Row>({
  columns: [
    { name: "product", read: asText, needed: true },
    { name: "component", read: asText, needed: true },
    { name: "perPart", read: asNumber, needed: true },
    { name: "scrapPercent", read: asNumber },
  ],
  schema: Row,
  maxRows: 20_000,
  example: ["cap-28", "pp-natural", 0.0032, 2],
  once: [{ column: "component", of: ({ product: made, component }) => [`${made} ${component}`] }],
  store: oneByOne(
    async ({ tx }) => {
      const products = await tx
        .select({ id: product.id, code: product.code, name: product.name })
        .from(product);
      const materials = await tx
        .select({ id: material.id, code: material.code, name: material.name })
        .from(material);
      const parts = [
        ...materials.map(({ id, ...row }): { id: Part; code: string; name: string } => ({
          id: { materialId: id },
          ...row,
        })),
        ...products.map(({ id, ...row }): { id: Part; code: string; name: string } => ({
          id: { componentId: id },
          ...row,
        })),
      ];
      return { product: namedBy(products), part: namedBy(parts), codes: parts.map(({ code }) => code) };
    },
    (context, [row], known) => storeShare(context, row as Row, known),
  ),
});

async function storeShare(
  context: CommandContext,
  { product: made, component, perPart, scrapPercent }: Row,
  known: { product: Named<string>; part: Named<Part>; codes: readonly string[] },
): Promise<Outcome> {
  const productId = known.product(made, "product");
  // A code that a material and a product both have names neither.
  if (known.codes.filter((code) => code === component).length > 1)
    throw new Refusal("name_unknown", { value: component }, "component");
  const part = known.part(component, "component");
  const same = (line: BillLine) =>
    "materialId" in part ? line.materialId === part.materialId : line.componentId === part.componentId;
  const own = (await billOf(context.tx, productId)).filter(same);
  const holds = holdsAt(own, context.now);
  const scrap = scrapPercent ?? holds?.scrapPercent ?? 0;
  if ((holds?.perPart ?? 0) === perPart && (perPart === 0 || holds?.scrapPercent === scrap)) return "same";
  await setBill.part(context, { productId, ...part, perPart, scrapPercent: scrap });
  return holds === undefined ? "added" : "changed";
}
