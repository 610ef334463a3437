import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { instant } from "#db/sql.ts";
import { product, standardCycle } from "#db/schema/execution/orders.ts";
import type { CommandContext } from "#server/core/command.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";
import { addProduct, changeProduct, setStandardCycle } from "../orders/products.commands.ts";
import { SetStandardCycle } from "../orders/products.contract.ts";
import { asNumber, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";
import { machinesNamed, type Named } from "./names.ts";
import { differing } from "./rows.rules.ts";

const longestCycle = 86_400;
const Row = z.object({
  code: codeText(40),
  name: plainText().nullish(),
  machine: z.string().nullish(),
  cycleSeconds: z.number().positive().max(longestCycle).nullish(),
  partsPerCycle: SetStandardCycle.shape.partsPerCycle.unwrap().nullish(),
});
type Row = z.infer<typeof Row>;

/** Products with the ideal cycle of each machine: one row a product and machine. */
export const productsImporter = defineImporter<Row>({
  columns: [
    { name: "code", read: asText, needed: true },
    { name: "name", read: asText },
    { name: "machine", read: asText },
    { name: "cycleSeconds", read: asNumber },
    { name: "partsPerCycle", read: asNumber },
  ],
  schema: Row,
  maxRows: 5000,
  example: ["cap-28", "Cap 28 mm", "press-1", 14.5, 8],
  once: [{ column: "machine", of: ({ code, machine }) => [`${code} ${machine ?? ""}`] }],
  check: (rows) => [
    ...differing(rows, ({ code }) => code, ["name"]),
    // A machine without a cycle, or a cycle of no machine, says nothing.
    ...rows.flatMap(({ line, values: { machine, cycleSeconds } }) =>
      (machine == null) === (cycleSeconds == null)
        ? []
        : [
            {
              line,
              column: machine == null ? "machine" : "cycleSeconds",
              code: "cell_needed" as const,
              params: {},
            },
          ],
    ),
  ],
  store: oneByOne(
    ({ tx }) => machinesNamed(tx),
    (context, [row], machines) => storeProduct(context, row as Row, machines),
  ),
});

async function storeProduct(context: CommandContext, row: Row, machines: Named<number>): Promise<Outcome> {
  const { tx, now } = context;
  const machineId = row.machine == null ? null : machines(row.machine, "machine");
  const [before] = await tx.select().from(product).where(eq(product.code, row.code));
  const productId =
    before?.id ?? (await addProduct.part(context, { code: row.code, name: row.name ?? row.code })).productId;
  const renamed = before !== undefined && row.name != null && row.name !== before.name;
  if (renamed) await changeProduct.part(context, { productId, name: row.name });
  const outcome = before === undefined ? "added" : renamed ? "changed" : "same";
  if (machineId === null || row.cycleSeconds == null) return outcome;
  const [holds] = await tx
    .select()
    .from(standardCycle)
    .where(
      and(
        eq(standardCycle.productId, productId),
        eq(standardCycle.machineId, machineId),
        sql`during @> ${instant(now)}`,
      ),
    );
  // A thousandth of a millisecond is what seconds with a point leave of a cycle said otherwise.
  const cycleMs = Math.round(row.cycleSeconds * 1e6) / 1e3;
  const partsPerCycle = row.partsPerCycle ?? holds?.partsPerCycle ?? 1;
  if (
    holds !== undefined &&
    Math.abs(holds.cycleMs - cycleMs) < 2e-3 &&
    holds.partsPerCycle === partsPerCycle
  ) {
    return outcome;
  }
  await setStandardCycle.part(context, { productId, machineId, cycleMs, partsPerCycle });
  return holds === undefined ? "added" : "changed";
}
