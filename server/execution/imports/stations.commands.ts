import { eq } from "drizzle-orm";
import { z } from "zod";
import { station, stationMachine } from "#db/schema/execution/stations.ts";
import type { CommandContext } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { changeStation, makeStation } from "../people/stations.commands.ts";
import { MakeStation, MmPerPx, Theme } from "../people/stations.contract.ts";
import { asNames, asNumber, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";
import { machinesNamed, type Named } from "./names.ts";

const Row = z.object({
  name: MakeStation.shape.name,
  machines: z.array(z.string()).min(1).max(32),
  language: MakeStation.shape.language.unwrap().nullish(),
  theme: Theme.nullish(),
  mmPerPx: MmPerPx.nullish(),
});
type Row = z.infer<typeof Row>;

/** Stations with the machines they show. The codes for their devices are given out where stations are listed. */
export const stationsImporter = defineImporter<Row>({
  columns: [
    { name: "name", read: asText, needed: true },
    { name: "machines", read: asNames, needed: true },
    { name: "language", read: asText },
    { name: "theme", read: asText },
    { name: "mmPerPx", read: asNumber },
  ],
  schema: Row,
  maxRows: 1000,
  example: ["Press hall left", "press-1, press-2", "en", "light", ""],
  once: [{ column: "name", of: ({ name }) => [name] }],
  store: oneByOne(
    ({ tx }) => machinesNamed(tx),
    (context, [row], machines) => storeStation(context, row as Row, machines),
  ),
});

async function storeStation(context: CommandContext, row: Row, machines: Named<number>): Promise<Outcome> {
  const { tx } = context;
  const machineIds = [...new Set(row.machines.map((one) => machines(one, "machines")))];
  const looks = {
    ...(row.language == null ? {} : { language: row.language }),
    ...(row.theme == null ? {} : { theme: row.theme }),
    ...(row.mmPerPx === undefined ? {} : { mmPerPx: row.mmPerPx }),
  };
  const [before] = await tx.select().from(station).where(eq(station.name, row.name));
  if (before === undefined) {
    await makeStation.part(context, { name: row.name, machineIds, ...looks });
    return "added";
  }
  // Whoever was shut out is let in again by a person who looks, not by a file.
  if (before.revokedAt !== null) throw new Refusal("already_taken", { value: row.name }, "name");
  const shown = await tx
    .select({ id: stationMachine.machineId })
    .from(stationMachine)
    .where(eq(stationMachine.stationId, before.id));
  const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b).join();
  const change = {
    ...Object.fromEntries(
      Object.entries(looks).filter(([key, value]) => before[key as keyof typeof looks] !== value),
    ),
    ...(sorted(machineIds) === sorted(shown.map(({ id }) => id)) ? {} : { machineIds }),
  };
  if (Object.keys(change).length === 0) return "same";
  await changeStation.part(context, { stationId: before.id, ...change });
  return "changed";
}
