import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { physicalAsset } from "#db/schema/execution/plant.ts";
import type { CommandContext } from "#server/core/command.ts";
import { holdsAt } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { mountTool, storeTool } from "../tools/mounts.commands.ts";
import {
  addTool,
  cavityTimesOf,
  changeTool,
  fitsOf,
  machineOf,
  setCavities,
  setFit,
} from "../tools/tools.commands.ts";
import { AddTool, SetCavities } from "../tools/tools.contract.ts";
import { asNumber, asPairs, asText } from "./cells.rules.ts";
import { defineImporter, ofRow, oneByOne, type Outcome } from "./importer.ts";
import { machinesNamed, type Named, productsNamed } from "./names.ts";

const { serial, name, lifeCycles, warnShare, cavities, startShots, storage } = AddTool.shape;
const Row = z.object({
  serial,
  name: name.nullish(),
  cavities: cavities.unwrap().nullish(),
  openCavities: SetCavities.shape.open.nullish(),
  lifeCycles: lifeCycles.unwrap().nullish(),
  warnShare: warnShare.unwrap().nullish(),
  startShots: startShots.unwrap().nullish(),
  machine: z.string().nullish(),
  storage: storage.unwrap().nullish(),
  /** Products and operations. */
  fits: z
    .array(z.tuple([z.string(), z.string().max(60)]))
    .max(200)
    .nullish(),
});
type Row = z.infer<typeof Row>;

interface Known {
  readonly machines: Named<number>;
  readonly products: Named<string>;
}

/** Columns that the fields of the commands stand in. */
const columns = { machineId: "machine", operations: "fits", open: "openCavities" };

/**
 * Tools with their life, cavities, place and what they fit. A place to store it takes a tool off its machine, as the
 * editor does; one that is on another machine is not moved.
 */
export const toolsImporter = defineImporter<Row>({
  columns: [
    { name: "serial", read: asText, needed: true },
    { name: "name", read: asText },
    { name: "cavities", read: asNumber },
    { name: "openCavities", read: asNumber },
    { name: "lifeCycles", read: asNumber },
    { name: "warnShare", read: asNumber },
    { name: "startShots", read: asNumber },
    { name: "machine", read: asText },
    { name: "storage", read: asText },
    { name: "fits", read: asPairs },
  ],
  schema: Row,
  maxRows: 5000,
  example: ["T-117", "Cap mould, 8 cavities", 8, 7, 500_000, 0.9, 120_000, "", "Rack 4", "cap-28=Moulding"],
  once: [{ column: "serial", of: (row) => [row.serial] }],
  check: (rows) =>
    rows.flatMap(({ line, values }) =>
      values.machine != null && values.storage != null
        ? [{ line, column: "storage", code: "tool_mounted" as const, params: named(values) }]
        : [],
    ),
  store: oneByOne(
    async ({ tx }): Promise<Known> => ({
      machines: await machinesNamed(tx),
      products: await productsNamed(tx),
    }),
    (context, [row], known) => ofRow(0, columns, () => store(context, row as Row, known)),
  ),
});

const named = ({ serial: tool, machine }: Row) => ({ tool, machine: machine ?? "" });

async function store(context: CommandContext, row: Row, known: Known): Promise<Outcome> {
  const { tx } = context;
  const [before] = await tx
    .select()
    .from(physicalAsset)
    .where(and(eq(physicalAsset.serial, row.serial), eq(physicalAsset.kind, "tool")));
  if (before?.active === false) throw new Refusal("tool_retired", { tool: row.serial }, "serial");
  const facts = Object.fromEntries(
    (["name", "cavities", "lifeCycles", "warnShare", "startShots"] as const)
      .map((key) => [key, row[key]] as const)
      .filter(([key, value]) => value != null && value !== before?.[key]),
  );
  const toolId =
    before?.id ??
    (
      await addTool.part(context, {
        name: row.serial,
        ...facts,
        serial: row.serial,
        ...(row.machine == null && row.storage != null ? { storage: row.storage } : {}),
      })
    ).toolId;
  const changed = before !== undefined && Object.keys(facts).length > 0;
  if (changed) await changeTool.part(context, { toolId, ...facts });
  const opened = await open(context, toolId, row, row.cavities ?? before?.cavities ?? null);
  const moved = await move(context, toolId, row, known, before?.storage ?? row.storage ?? null);
  const fitted = await fit(context, toolId, row, known);
  if (before === undefined) return "added";
  return changed || opened || moved || fitted ? "changed" : "same";
}

async function open(
  context: CommandContext,
  toolId: string,
  { openCavities }: Row,
  all: number | null,
): Promise<boolean> {
  if (openCavities == null) return false;
  const now = holdsAt(await cavityTimesOf(context.tx, toolId), context.now)?.open ?? all;
  if (now === openCavities) return false;
  await setCavities.part(context, { toolId, open: openCavities });
  return true;
}

async function move(
  context: CommandContext,
  toolId: string,
  row: Row,
  known: Known,
  storedAt: string | null,
): Promise<boolean> {
  const on = await machineOf(context.tx, toolId);
  if (row.machine != null) {
    const machineId = known.machines(row.machine, "machine");
    if (on?.machineId === machineId) return false;
    await mountTool.part(context, { toolId, machineId });
    return true;
  }
  if (row.storage == null || (on === null && storedAt === row.storage)) return false;
  await storeTool.part(context, { toolId, storage: row.storage });
  return true;
}

async function fit(context: CommandContext, toolId: string, { fits }: Row, known: Known): Promise<boolean> {
  if (fits == null) return false;
  const operations = fits.map(([product, operation]) => ({
    productId: known.products(product, "fits"),
    operation,
  }));
  const text = (all: readonly { productId: string; operation: string }[]) =>
    [...new Set(all.map((one) => `${one.productId} ${one.operation}`))].toSorted().join("\n");
  if (text(operations) === text(await fitsOf(context.tx, toolId))) return false;
  await setFit.part(context, { toolId, operations });
  return true;
}
