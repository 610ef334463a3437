import { z } from "zod";
import type { CommandContext } from "#server/core/command.ts";
import { addShiftPattern, changeShiftPattern } from "../shifts/patterns.commands.ts";
import { AddShiftPattern } from "../shifts/shifts.contract.ts";
import { lineZones, patternsAt } from "../shifts/shifts.queries.ts";
import { localDay } from "../shifts/shifts.rules.ts";
import { asBreaks, asText, asTime, asWeekdays, breaksText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";
import { linesNamed, type Named } from "./names.ts";

const { name, weekdays, startLocal, endLocal, breaks } = AddShiftPattern.shape;
const Row = z.object({
  line: z.string(),
  name,
  weekdays,
  start: startLocal,
  end: endLocal,
  breaks: breaks.unwrap().nullish(),
});
type Row = z.infer<typeof Row>;

/** Shift patterns of lines. A pattern of the same line, name and days is changed from today on. */
export const shiftsImporter = defineImporter<Row>({
  columns: [
    { name: "line", read: asText, needed: true },
    { name: "name", read: asText, needed: true },
    { name: "weekdays", read: asWeekdays, needed: true },
    { name: "start", read: asTime, needed: true },
    { name: "end", read: asTime, needed: true },
    { name: "breaks", read: asBreaks },
  ],
  schema: Row,
  maxRows: 500,
  example: ["hall-1", "Early", "Mon-Fri", "06:00", "14:00", "10:00-10:15, 12:00-12:30"],
  once: [{ column: "name", of: (row) => [`${row.line} ${row.name} ${row.weekdays.join("")}`] }],
  store: oneByOne(
    ({ tx }) => linesNamed(tx),
    (context, [row], lines) => storePattern(context, row as Row, lines),
  ),
});

async function storePattern(context: CommandContext, row: Row, lines: Named<number>): Promise<Outcome> {
  const lineId = lines(row.line, "line");
  const patterns = await patternsAt(context.tx, lineId, context.now);
  const before = patterns.find((one) => one.name === row.name && one.weekdays.join() === row.weekdays.join());
  const breaks = row.breaks ?? (row.breaks === null ? [] : (before?.breaks ?? []));
  const input = {
    lineId,
    name: row.name,
    weekdays: row.weekdays,
    startLocal: row.start,
    endLocal: row.end,
    breaks: breaks.map(({ start, end }) => ({ start: start.slice(0, 5), end: end.slice(0, 5) })),
  };
  if (
    before?.startLocal.slice(0, 5) === row.start &&
    before.endLocal.slice(0, 5) === row.end &&
    breaksText(before.breaks) === breaksText(breaks)
  ) {
    return "same";
  }
  if (before === undefined) {
    await addShiftPattern.part(context, input);
    return "added";
  }
  const zone = (await lineZones(context.tx)).get(lineId) ?? "UTC";
  const fromDay = localDay(context.now, zone);
  await changeShiftPattern.part(context, { ...input, patternId: before.id, fromDay });
  return "changed";
}
