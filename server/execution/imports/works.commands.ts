import type { z } from "zod";
import { setSite } from "../plant/plant.commands.ts";
import { SetSite } from "../plant/plant.contract.ts";
import { readPlant } from "../plant/plant.queries.ts";
import { asText } from "./cells.rules.ts";
import { defineImporter, oneByOne } from "./importer.ts";

type Row = z.infer<typeof SetSite>;

/** The works itself, in one row: its name and its time zone. */
export const worksImporter = defineImporter<Row>({
  columns: [
    { name: "name", read: asText, needed: true },
    { name: "timeZone", read: asText, needed: true },
  ],
  schema: SetSite,
  maxRows: 1,
  example: ["Smith & Sons", "Europe/Berlin"],
  once: [],
  store: oneByOne(
    async ({ tx }) => (await readPlant(tx)).site,
    async (context, [row], before) => {
      const { name, timeZone } = row as Row;
      if (before?.name === name && before?.timeZone === timeZone) return "same";
      await setSite.part(context, { name, timeZone });
      return before === null ? "added" : "changed";
    },
  ),
});
