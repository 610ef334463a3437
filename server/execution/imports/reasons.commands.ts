import { z } from "zod";
import type { CommandContext } from "#server/core/command.ts";
import { codeText } from "#server/core/text.contract.ts";
import { addStopReason, changeStopReason } from "../reasons/reasons.commands.ts";
import { AddStopReason } from "../reasons/reasons.contract.ts";
import { listStopReasons } from "../reasons/reasons.queries.ts";
import { asFlag, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";

const Row = z.object({
  name: AddStopReason.shape.name,
  planned: z.boolean().nullish(),
  changeover: z.boolean().nullish(),
  machineKind: codeText().nullish(),
});
type Row = z.infer<typeof Row>;

const keyOf = (name: string, kind: string | null | undefined) => `${name.toLowerCase()} ${kind ?? ""}`;

/** Stop reasons, for every kind of machine or for one. */
export const reasonsImporter = defineImporter<Row>({
  columns: [
    { name: "name", read: asText, needed: true },
    { name: "planned", read: asFlag },
    { name: "changeover", read: asFlag },
    { name: "machineKind", read: asText },
  ],
  schema: Row,
  maxRows: 500,
  example: ["Material missing", "no", "no", "press"],
  once: [{ column: "name", of: ({ name, machineKind }) => [keyOf(name, machineKind)] }],
  store: oneByOne(
    async ({ tx, now }) =>
      new Map((await listStopReasons(tx, now)).map((one) => [keyOf(one.name, one.machineKind), one])),
    async (context: CommandContext, [row], known): Promise<Outcome> => {
      const { name, planned, changeover, machineKind } = row as Row;
      const before = known.get(keyOf(name, machineKind));
      const flags = {
        ...(planned == null ? {} : { planned }),
        ...(changeover == null ? {} : { changeover }),
      };
      if (before === undefined) {
        await addStopReason.part(context, { name, machineKind: machineKind ?? null, ...flags });
        return "added";
      }
      const after = { ...before, name, active: true, ...flags };
      if ((["name", "active", "planned", "changeover"] as const).every((key) => after[key] === before[key])) {
        return "same";
      }
      await changeStopReason.part(context, { reasonId: before.id, name, active: true, ...flags });
      return "changed";
    },
  ),
});
