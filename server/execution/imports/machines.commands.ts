import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import type { CommandContext } from "#server/core/command.ts";
import { codeOf } from "#server/core/code-of.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";
import { makeManual } from "../manual/manual.commands.ts";
import { saidByHand } from "../manual/manual.queries.ts";
import { addLine, addMachine, changeMachine } from "../plant/plant.commands.ts";
import { asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";

const Row = z.object({
  /** Code or name of the line; one that is not known is made. */
  line: plainText(),
  code: codeText(),
  name: plainText().nullish(),
  kind: codeText().nullish(),
  signal: z.enum(["manual", "connected"]).nullish(),
});
type Row = z.infer<typeof Row>;

/** Machines with their lines. Who speaks for a machine that has a speaker already is not changed by a file. */
export const machinesImporter = defineImporter({
  columns: [
    { name: "line", read: asText, needed: true },
    { name: "code", read: asText, needed: true },
    { name: "name", read: asText },
    { name: "kind", read: asText },
    { name: "signal", read: asText },
  ],
  schema: Row,
  maxRows: 2000,
  example: ["Hall 1", "press-1", "Press 1", "press", "connected"],
  once: [{ column: "code", of: ({ code }) => [code] }],
  store: oneByOne(
    () => Promise.resolve(null),
    (context, [row]) => storeMachine(context, row as Row),
  ),
});

async function storeMachine(context: CommandContext, row: Row): Promise<Outcome> {
  const { tx } = context;
  const [before] = await tx
    .select({
      id: workUnit.id,
      name: workUnit.name,
      kind: workUnit.kind,
      lineId: workUnit.lineId,
      byHand: saidByHand(sql`work_unit.id`),
    })
    .from(workUnit)
    .where(eq(workUnit.code, row.code));
  const lineId = await lineOf(context, row.line);
  if (before === undefined) {
    const input = { lineId, code: row.code, name: row.name ?? row.code, kind: row.kind ?? "machine" };
    const { machineId } = await addMachine.part(context, input);
    if (row.signal === "manual") await makeManual.part(context, { machineId });
    return "added";
  }
  if (row.signal === "connected" && before.byHand)
    throw new Refusal("not_changeable", { is: "manual" }, "signal");
  const change = {
    ...(row.name == null || row.name === before.name ? {} : { name: row.name }),
    ...(row.kind == null || row.kind === before.kind ? {} : { kind: row.kind }),
    ...(lineId === before.lineId ? {} : { lineId }),
  };
  const toManual = row.signal === "manual" && !before.byHand;
  if (Object.keys(change).length === 0 && !toManual) return "same";
  if (Object.keys(change).length > 0) await changeMachine.part(context, { machineId: before.id, ...change });
  if (toManual) await makeManual.part(context, { machineId: before.id });
  return "changed";
}

async function lineOf(context: CommandContext, text: string): Promise<number> {
  const lines = await context.tx
    .select({ id: equipment.id, code: equipment.code, name: equipment.name })
    .from(equipment)
    .where(eq(equipment.level, "line"));
  const known = lines.find(({ code }) => code === text) ?? lines.find(({ name }) => name === text);
  if (known !== undefined) return known.id;
  const codes = await context.tx.select({ code: equipment.code }).from(equipment);
  const code = codeOf(
    text,
    "line",
    codes.map((one) => one.code),
  );
  return (await addLine.part(context, { code, name: text })).lineId;
}
