import { z } from "zod";
import type { CommandContext } from "#server/core/command.ts";
import { setSite } from "../plant/plant.commands.ts";
import { SetSite } from "../plant/plant.contract.ts";
import { readPlant } from "../plant/plant.queries.ts";
import { asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";

const Row = z.object({ name: SetSite.shape.name, timeZone: SetSite.shape.timeZone });
type Row = z.infer<typeof Row>;

/** The works: one row. */
export const plantImporter = defineImporter<Row>({
  columns: [
    { name: "name", read: asText, needed: true },
    { name: "timeZone", read: asText, needed: true },
  ],
  schema: Row,
  maxRows: 1,
  example: ["Works North", "Europe/Berlin"],
  once: [],
  store: oneByOne(
    ({ tx }) => readPlant(tx),
    async (context: CommandContext, [row], { site }): Promise<Outcome> => {
      const { name, timeZone } = row as Row;
      if (site?.name === name && site.timeZone === timeZone) return "same";
      await setSite.part(context, { name, timeZone });
      return site === null ? "added" : "changed";
    },
  ),
});
