import { z } from "zod";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { CommandContext } from "#server/core/command.ts";
import { holdsAt } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { standardsOf } from "../orders/dated.queries.ts";
import { setStandardCycle } from "../orders/products.commands.ts";
import { SetStandardCycle } from "../orders/products.contract.ts";
import { setRouting } from "../orders/routing.commands.ts";
import { Operation } from "../orders/routing.contract.ts";
import { routingAt, routingPeriods } from "../orders/routing.queries.ts";
import { inSequence, machinesFor, sameOperations } from "../orders/routing.rules.ts";
import { asLocalStart, asNames, asNumber, asText } from "./cells.rules.ts";
import { defineImporter, ofRow, oneByOne, type Outcome } from "./importer.ts";
import { byStart, startsIn } from "./local-time.rules.ts";
import { machinesNamed, type Named, productsNamed, skillsNamed, zoneOf } from "./names.ts";

const longestCycle = 86_400;
const Row = z.object({
  product: z.string(),
  /** From when on this version holds, local to the works. */
  from: z.string().nullish(),
  sequence: Operation.shape.sequence,
  operation: Operation.shape.name,
  machineKind: Operation.shape.machineKind.unwrap().nullish(),
  machines: z.array(z.string()).max(50).nullish(),
  setupMinutes: z
    .number()
    .min(0)
    .max(7 * 1440)
    .nullish(),
  skill: z.string().nullish(),
  /** Of every machine that can run it. */
  cycleSeconds: z.number().positive().max(longestCycle).nullish(),
  partsPerCycle: SetStandardCycle.shape.partsPerCycle.unwrap().nullish(),
});
type Row = z.infer<typeof Row>;

interface Known {
  readonly zone: string;
  readonly products: Named<string>;
  readonly machines: Named<number>;
  readonly skills: Named<number>;
  readonly all: readonly { readonly id: number; readonly kind: string }[];
}

/** Rows of a version with where each stands among the rows of its product. */
type Version = readonly { readonly row: Row; readonly at: number }[];

/** How products are made: one row an operation; rows of a product that hold from the same time on are one version. */
export const routingsImporter = defineImporter<Row>({
  columns: [
    { name: "product", read: asText, needed: true },
    { name: "from", read: asLocalStart },
    { name: "sequence", read: asNumber, needed: true },
    { name: "operation", read: asText, needed: true },
    { name: "machineKind", read: asText },
    { name: "machines", read: asNames },
    { name: "setupMinutes", read: asNumber },
    { name: "skill", read: asText },
    { name: "cycleSeconds", read: asNumber },
    { name: "partsPerCycle", read: asNumber },
  ],
  schema: Row,
  maxRows: 10_000,
  example: ["cap-28", "", 10, "Moulding", "press", "", 30, "", 14.5, 8],
  once: [
    { column: "sequence", of: (row) => [`${row.product} ${row.from ?? ""} ${String(row.sequence)}`] },
    {
      column: "operation",
      of: (row) => [`${row.product} ${row.from ?? ""} ${row.operation.toLowerCase()}`],
    },
  ],
  together: "product",
  store: oneByOne(
    async ({ tx }): Promise<Known> => ({
      zone: await zoneOf(tx),
      products: await productsNamed(tx),
      machines: await machinesNamed(tx),
      skills: await skillsNamed(tx),
      all: await tx.select({ id: workUnit.id, kind: workUnit.kind }).from(workUnit),
    }),
    storeProduct,
    ({ product }) => product,
  ),
});

/** Every version of a product, the earliest first: what is said from a time on replaces what was said for later. */
async function storeProduct(context: CommandContext, rows: readonly Row[], known: Known): Promise<Outcome> {
  const versions = new Map<string, { row: Row; at: number }[]>();
  for (const [at, row] of rows.entries()) {
    const key = row.from ?? "";
    versions.set(key, [...(versions.get(key) ?? []), { row, at }]);
  }
  const outcomes: Outcome[] = [];
  for (const version of [...versions.values()].toSorted(([a], [b]) => byStart(a?.row ?? {}, b?.row ?? {})))
    outcomes.push(await storeVersion(context, version, known, versions.size > 1));
  return outcomes.find((one) => one !== "same") ?? "same";
}

async function storeVersion(
  context: CommandContext,
  version: Version,
  known: Known,
  several: boolean,
): Promise<Outcome> {
  const { tx, now } = context;
  const first = version[0]?.row as Row;
  const at = version[0]?.at ?? 0;
  const productId = await ofRow(at, {}, () => known.products(first.product, "product"));
  const said = (await routingPeriods(tx, productId)).filter(({ replaced }) => !replaced);
  const start = startsIn(first.from, known.zone, said, several, now);
  const operations: Operation[] = [];
  for (const { row, at: own } of version)
    operations.push(
      await ofRow(own, {}, () => {
        const operation = operationOf(row, known);
        if (machinesFor(operation, known.all).length === 0)
          throw new Refusal("operation_nowhere", { operation: row.operation }, "machines");
        return operation;
      }),
    );
  const always = said.find(({ from }) => from === null);
  const changed = await ofRow(at, { operations: "operation" }, async () => {
    if (start.at > -Infinity || said.length === 0)
      return sayRouting(context, productId, operations, start.from, said.length === 0);
    // What held before every other version is not said anew: orders were made by it.
    const held =
      always === undefined ? undefined : await routingAt(tx, productId, (always.to ?? now + 1) - 1);
    if (held !== undefined && sameOperations(held.operations, inSequence(operations))) return "same";
    throw new Refusal(
      "not_changeable",
      { is: held?.operations.map(({ name }) => name).join(", ") ?? "—" },
      "from",
    );
  });
  let timed: Outcome = "same";
  const cycles = new Map<number, string>();
  for (const { row, at: own } of version) {
    if (row.cycleSeconds == null) continue;
    const outcome = await ofRow(own, { cycleMs: "cycleSeconds" }, () =>
      sayCycle(context, productId, row, known, start, cycles),
    );
    if (outcome !== "same") timed = outcome;
  }
  if (changed !== "same") return changed;
  return timed === "same" ? "same" : "changed";
}

function operationOf(row: Row, known: Known): Operation {
  return {
    sequence: row.sequence,
    name: row.operation,
    machineKind: row.machineKind ?? null,
    machineIds: [...new Set((row.machines ?? []).map((one) => known.machines(one, "machines")))],
    setupMs: Math.round((row.setupMinutes ?? 0) * 60_000),
    skillId: row.skill == null ? null : known.skills(row.skill, "skill"),
  };
}

async function sayRouting(
  context: CommandContext,
  productId: string,
  operations: readonly Operation[],
  from: number | undefined,
  first: boolean,
): Promise<Outcome> {
  try {
    await setRouting.part(context, { productId, operations, ...(from === undefined ? {} : { from }) });
  } catch (error) {
    if (error instanceof Refusal && error.code === "nothing_changes") return "same";
    throw error;
  }
  return first ? "added" : "changed";
}

/** @param said what the rows before it said of a machine: two operations of it cannot have two cycles of one product */
async function sayCycle(
  context: CommandContext,
  productId: string,
  row: Row,
  known: Known,
  { from, at }: { readonly from: number | undefined; readonly at: number },
  said: Map<number, string>,
): Promise<Outcome> {
  let outcome: Outcome = "same";
  for (const { id } of machinesFor(operationOf(row, known), known.all)) {
    const before = await standardsOf(context.tx, productId, id);
    const held = holdsAt(before, at);
    // A thousandth of a millisecond is what seconds with a point leave of a cycle said otherwise.
    const cycleMs = Math.round((row.cycleSeconds ?? 0) * 1e6) / 1e3;
    const partsPerCycle = row.partsPerCycle ?? held?.partsPerCycle ?? 1;
    const text = `${String(cycleMs)} ${String(partsPerCycle)}`;
    const other = said.get(id);
    if (other !== undefined && other !== text)
      throw new Refusal("not_changeable", { is: Number(other.split(" ")[0]) / 1000 }, "cycleSeconds");
    said.set(id, text);
    if (held !== undefined && Math.abs(held.cycleMs - cycleMs) < 2e-3 && held.partsPerCycle === partsPerCycle)
      continue;
    if (at === -Infinity && before.length > 0)
      throw new Refusal("not_changeable", { is: (held?.cycleMs ?? 0) / 1000 }, "cycleSeconds");
    await setStandardCycle.part(context, {
      productId,
      machineId: id,
      cycleMs,
      partsPerCycle,
      ...(from === undefined ? {} : { from }),
    });
    outcome = before.length === 0 ? "added" : "changed";
  }
  return outcome;
}
