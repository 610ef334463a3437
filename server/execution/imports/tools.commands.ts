import { eq } from "drizzle-orm";
import { z } from "zod";
import { physicalAsset } from "#db/schema/execution/plant.ts";
import type { CommandContext } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { storeTool } from "../tools/mounts.commands.ts";
import { addTool, changeTool, machineOf } from "../tools/tools.commands.ts";
import { AddTool } from "../tools/tools.contract.ts";
import { asNumber, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";

const { serial, name, lifeCycles, cavities, startShots, storage } = AddTool.shape;
const Row = z.object({
  serial,
  name: name.nullish(),
  lifeCycles: lifeCycles.unwrap().nullish(),
  cavities: cavities.unwrap().nullish(),
  startShots: startShots.unwrap().nullish(),
  storage: storage.unwrap().nullish(),
});
type Row = z.infer<typeof Row>;

/** Tools with their life, cavities and where they lie. One that is on a machine is taken off by a person, not by a file. */
export const toolsImporter = defineImporter<Row>({
  columns: [
    { name: "serial", read: asText, needed: true },
    { name: "name", read: asText },
    { name: "lifeCycles", read: asNumber },
    { name: "cavities", read: asNumber },
    { name: "startShots", read: asNumber },
    { name: "storage", read: asText },
  ],
  schema: Row,
  maxRows: 5000,
  example: ["M-1042", "Cap mould, 8 cavities", 500_000, 8, 120_000, "Rack 3"],
  once: [{ column: "serial", of: (row) => [row.serial] }],
  store: oneByOne(
    () => Promise.resolve(null),
    (context, [row]) => storeToolRow(context, row as Row),
  ),
});

async function storeToolRow(context: CommandContext, row: Row): Promise<Outcome> {
  const [before] = await context.tx.select().from(physicalAsset).where(eq(physicalAsset.serial, row.serial));
  if (before === undefined) {
    const said = Object.fromEntries(Object.entries(row).filter(([, value]) => value != null));
    await addTool.part(context, AddTool.parse({ name: row.serial, ...said }));
    return "added";
  }
  if (before.kind !== "tool") throw new Refusal("already_taken", { value: row.serial }, "serial");
  const fields = ["name", "lifeCycles", "cavities", "startShots"] as const;
  const other = fields.filter((field) => row[field] != null && row[field] !== before[field]);
  const change = Object.fromEntries(other.map((field) => [field, row[field]]));
  const moves = row.storage != null && row.storage !== before.storage;
  if (other.length > 0) await changeTool.part(context, { toolId: before.id, ...change });
  if (moves) {
    const on = await machineOf(context.tx, before.id);
    if (on !== null) throw new Refusal("tool_mounted", { tool: row.serial, machine: on.name }, "storage");
    await storeTool.part(context, { toolId: before.id, storage: row.storage });
  }
  return other.length > 0 || moves ? "changed" : "same";
}
