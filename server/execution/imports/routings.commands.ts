import { z } from "zod";
import { product } from "#db/schema/execution/orders.ts";
import { skill } from "#db/schema/execution/people.ts";
import type { CommandContext } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { codeText } from "#server/core/text.contract.ts";
import { setRouting } from "../orders/routing.commands.ts";
import { Operation, SetRouting } from "../orders/routing.contract.ts";
import { routingAt } from "../orders/routing.queries.ts";
import { asNames, asNumber, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";
import { machinesNamed, type Named, namedBy } from "./names.ts";

const minuteMs = 60_000;
const Row = z.object({
  product: z.string(),
  operation: Operation.shape.name,
  sequence: Operation.shape.sequence.nullish(),
  machineKind: codeText().nullish(),
  machines: z.array(z.string()).max(50).nullish(),
  setupMinutes: z
    .number()
    .min(0)
    .max(7 * 24 * 60)
    .nullish(),
  skill: z.string().nullish(),
});
type Row = z.infer<typeof Row>;

interface Known {
  readonly product: Named<string>;
  readonly machine: Named<number>;
  readonly skill: Named<number>;
}

/** How products are made: one row an operation, all operations of a product together a new version from now on. */
export const routingsImporter = defineImporter<Row>({
  columns: [
    { name: "product", read: asText, needed: true },
    { name: "operation", read: asText, needed: true },
    { name: "sequence", read: asNumber },
    { name: "machineKind", read: asText },
    { name: "machines", read: asNames },
    { name: "setupMinutes", read: asNumber },
    { name: "skill", read: asText },
  ],
  schema: Row,
  maxRows: 5000,
  example: ["cap-28", "Moulding", 10, "press", "", 30, ""],
  once: [
    { column: "operation", of: ({ product: made, operation }) => [`${made} ${operation.toLowerCase()}`] },
  ],
  together: "product",
  store: oneByOne(
    async ({ tx }): Promise<Known> => ({
      product: namedBy(
        await tx.select({ id: product.id, code: product.code, name: product.name }).from(product),
      ),
      machine: await machinesNamed(tx),
      skill: namedBy(await tx.select({ id: skill.id, code: skill.code, name: skill.name }).from(skill)),
    }),
    storeRouting,
    ({ product: made }) => made,
  ),
});

async function storeRouting(context: CommandContext, rows: readonly Row[], known: Known): Promise<Outcome> {
  const productId = known.product(rows[0]?.product ?? "", "product");
  const operations = rows.map((row, i) => ({
    // Rows that say no order are done as they stand in the file.
    sequence: row.sequence ?? (i + 1) * 10,
    name: row.operation,
    machineKind: row.machineKind ?? null,
    machineIds: (row.machines ?? []).map((one) => known.machine(one, "machines")),
    setupMs: Math.round((row.setupMinutes ?? 0) * minuteMs),
    skillId: row.skill == null ? null : known.skill(row.skill, "skill"),
  }));
  const before = await routingAt(context.tx, productId, context.now);
  try {
    await setRouting.part(context, SetRouting.parse({ productId, operations }));
  } catch (error) {
    if (error instanceof Refusal && error.code === "nothing_changes") return "same";
    throw error;
  }
  return before === undefined ? "added" : "changed";
}
