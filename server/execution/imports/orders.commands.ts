import { asc, eq } from "drizzle-orm";
import { z } from "zod";
import { job, product, productionOrder } from "#db/schema/execution/orders.ts";
import type { CommandContext } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { CreateOrder } from "../orders/orders.contract.ts";
import { createOrder } from "../orders/planning.commands.ts";
import { readPlant } from "../plant/plant.queries.ts";
import { asLocalTime, asNumber, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";
import { instantOfLocal, localText } from "./local-time.rules.ts";
import { machinesNamed, type Named, namedBy } from "./names.ts";
import { differing } from "./rows.rules.ts";

const Row = z.object({
  code: CreateOrder.shape.code,
  product: z.string(),
  quantity: CreateOrder.shape.quantity,
  machine: z.string(),
  operation: CreateOrder.shape.jobs.unwrap().element.shape.operation,
  /** Local to the works, `2026-11-30T14:00`. */
  due: z.string().nullish(),
  priority: CreateOrder.shape.priority.unwrap().nullish(),
});
type Row = z.infer<typeof Row>;

interface Known {
  readonly zone: string;
  readonly machines: Named<number>;
  readonly products: Named<string>;
  readonly productCode: (id: string) => string;
}

/** Orders; one with several operations has a row for each, in the order in which they are done. */
export const ordersImporter = defineImporter<Row>({
  columns: [
    { name: "code", read: asText, needed: true },
    { name: "product", read: asText, needed: true },
    { name: "quantity", read: asNumber, needed: true },
    { name: "machine", read: asText, needed: true },
    { name: "operation", read: asText, needed: true },
    { name: "due", read: asLocalTime },
    { name: "priority", read: asNumber },
  ],
  schema: Row,
  maxRows: 5000,
  example: ["WO-1001", "cap-28", 20_000, "press-1", "Moulding", "2026-11-30 14:00", 5],
  once: [{ column: "operation", of: (row) => [`${row.code} ${row.machine} ${row.operation}`] }],
  together: "code",
  check: (rows) => differing(rows, ({ code }) => code, ["product", "quantity", "due", "priority"]),
  store: oneByOne(
    async ({ tx }): Promise<Known> => {
      const products = await tx.select().from(product);
      const codes = new Map(products.map(({ id, code }) => [id, code]));
      return {
        zone: (await readPlant(tx)).site?.timeZone ?? "UTC",
        machines: await machinesNamed(tx),
        products: namedBy(products),
        productCode: (id) => codes.get(id) ?? "",
      };
    },
    storeOrder,
    ({ code }) => code,
  ),
});

async function storeOrder(context: CommandContext, rows: readonly Row[], known: Known): Promise<Outcome> {
  const { tx } = context;
  const [row] = rows as [Row, ...Row[]];
  const input = {
    code: row.code,
    productId: known.products(row.product, "product"),
    quantity: row.quantity,
    due: row.due == null ? null : instantOfLocal(row.due, known.zone),
    ...(row.priority == null ? {} : { priority: row.priority }),
    jobs: rows.map(({ machine, operation }) => ({
      machineId: known.machines(machine, "machine"),
      operation,
    })),
  };
  const [before] = await tx.select().from(productionOrder).where(eq(productionOrder.code, row.code));
  if (before === undefined) {
    await createOrder.part(context, input);
    return "added";
  }
  const jobs = await tx.select().from(job).where(eq(job.orderId, before.id)).orderBy(asc(job.sequence));
  const minute = (ms: number | null) => (ms === null ? null : Math.floor(ms / 60_000));
  const stays = (column: string, is: string | number) => new Refusal("not_changeable", { is }, column);
  // What is planned, or running, is changed where its jobs are seen.
  if (before.productId !== input.productId) throw stays("product", known.productCode(before.productId));
  if (before.quantity !== input.quantity) throw stays("quantity", before.quantity);
  if (row.due !== undefined && minute(before.due?.getTime() ?? null) !== minute(input.due)) {
    throw stays("due", before.due === null ? "—" : localText(before.due.getTime(), known.zone));
  }
  if (row.priority != null && before.priority !== row.priority) throw stays("priority", before.priority);
  const text = (all: readonly { machineId: number; operation: string }[]) =>
    all.map((one) => `${one.machineId} ${one.operation}`).join("\n");
  if (text(jobs) !== text(input.jobs)) throw stays("operation", jobs.map((one) => one.operation).join(", "));
  return "same";
}
