import { eq } from "drizzle-orm";
import { z } from "zod";
import { station, stationMachine } from "#db/schema/execution/stations.ts";
import type { CommandContext } from "#server/core/command.ts";
import { changeStation, makeStation } from "../people/stations.commands.ts";
import { ChangeStation, MakeStation } from "../people/stations.contract.ts";
import { asNames, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";
import { machinesNamed, type Named } from "./names.ts";

const Row = z.object({
  name: MakeStation.shape.name,
  machines: z.array(z.string()).min(1).max(32),
  language: ChangeStation.shape.language.nullable(),
  theme: ChangeStation.shape.theme.nullable(),
});
type Row = z.infer<typeof Row>;

/** Stations with the machines they show. Which device is one of them is said where the device stands, by a code. */
export const stationsImporter = defineImporter<Row>({
  columns: [
    { name: "name", read: asText, needed: true },
    { name: "machines", read: asNames, needed: true },
    { name: "language", read: asText },
    { name: "theme", read: asText },
  ],
  schema: Row,
  maxRows: 500,
  example: ["At the presses", "press-1, press-2", "en", "light"],
  once: [{ column: "name", of: ({ name }) => [name] }],
  store: oneByOne(
    ({ tx }) => machinesNamed(tx),
    (context, [row], machines) => storeStation(context, row as Row, machines),
  ),
});

async function storeStation(context: CommandContext, row: Row, machines: Named<number>): Promise<Outcome> {
  const { tx } = context;
  const { name } = row;
  const machineIds = [...new Set(row.machines.map((one) => machines(one, "machines")))];
  const [before] = await tx.select().from(station).where(eq(station.name, name));
  if (before === undefined) {
    const look = { language: row.language ?? undefined, theme: row.theme ?? undefined };
    await makeStation.part(context, MakeStation.parse({ name, machineIds, ...look }));
    return "added";
  }
  const shows = await tx
    .select({ id: stationMachine.machineId })
    .from(stationMachine)
    .where(eq(stationMachine.stationId, before.id));
  const others = sorted(shows.map(({ id }) => id)) !== sorted(machineIds);
  const change = {
    ...(others ? { machineIds } : {}),
    ...(row.language == null || row.language === before.language ? {} : { language: row.language }),
    ...(row.theme == null || row.theme === before.theme ? {} : { theme: row.theme }),
  };
  if (Object.keys(change).length === 0) return "same";
  await changeStation.part(context, { stationId: before.id, ...change });
  return "changed";
}

const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b).join();
