import { and, eq, inArray, isNull } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { calendarException, shiftPattern } from "#db/schema/execution/shifts.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddException, UseException } from "./calendar.contract.ts";
import { refusePast, remakeShifts } from "./expand.ts";
import { shiftPatternChanged } from "./shifts.facts.ts";
import { lineZones } from "./shifts.queries.ts";

const allow = () => ({ action: "calendar.plan" }) as const;

/**
 * Says that a line, or every line, works otherwise on one day. Only what has not begun changes; a running shift may
 * end at another time. @throws Refusal day_over, shifts_at_once, already_taken, not_found @returns the new id
 */
export const addException = defineCommand({
  name: "calendar.add",
  input: AddException,
  allow,
  run: async (context, input) => {
    const { tx, now } = context;
    const { lineId, day, reason, kind } = input;
    const lines = await linesOf(tx, lineId);
    for (const zone of lines.values()) refusePast(day, now, zone);
    const { seriesId = null, weekday = null, name = null, startLocal = null, endLocal = null } = input;
    if (seriesId !== null) await patternOfLine(tx, seriesId, lineId);
    await refuseTwice(tx, input, seriesId);
    const said = { lineId, day, kind, reason, patternId: seriesId, weekday, name, startLocal, endLocal };
    const [row] = await tx.insert(calendarException).values(said).returning({ id: calendarException.id });
    const exceptionId = row?.id ?? 0;
    await remake(context, lines);
    tell(context, "calendar.add", exceptionId, undefined, { ...(await exceptionFields(tx, exceptionId)) });
    return { exceptionId };
  },
});

/** Takes an exception out of force: the day is again as the patterns say. @throws Refusal not_found, day_over, shifts_at_once */
export const removeException = defineCommand({
  name: "calendar.remove",
  input: UseException,
  allow,
  run: (context, { exceptionId }) => setUse(context, exceptionId, false),
});

/** Puts an exception in force that was taken out. @throws Refusal not_found, day_over, shifts_at_once */
export const restoreException = defineCommand({
  name: "calendar.restore",
  input: UseException,
  allow,
  run: (context, { exceptionId }) => setUse(context, exceptionId, true),
});

async function setUse(context: CommandContext, exceptionId: number, active: boolean) {
  const { tx, now } = context;
  const [row] = await tx
    .select()
    .from(calendarException)
    .where(eq(calendarException.id, exceptionId))
    .for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "exceptionId");
  if (row.active === active) return { exceptionId };
  const lines = await linesOf(tx, row.lineId);
  for (const zone of lines.values()) refusePast(row.day, now, zone);
  await tx.update(calendarException).set({ active }).where(eq(calendarException.id, exceptionId));
  await remake(context, lines);
  const action = active ? "calendar.restore" : "calendar.remove";
  tell(context, action, exceptionId, { active: !active }, { active });
  return { exceptionId };
}

/** Fields of an exception as its history names them; null = there is none. */
export async function exceptionFields(tx: Tx, exceptionId: number) {
  const [row] = await tx
    .select()
    .from(calendarException)
    .where(eq(calendarException.id, exceptionId))
    .for("update");
  if (row === undefined) return null;
  const { id: _id, ...fields } = row;
  return fields;
}

async function remake(context: CommandContext, lines: ReadonlyMap<number, string>): Promise<void> {
  for (const lineId of lines.keys()) {
    await remakeShifts(context.tx, lineId, context.now);
    context.publish(shiftPatternChanged, `line:${lineId}`, { lineId });
  }
}

/** The lines that are meant, each with its zone. @throws Refusal not_found */
async function linesOf(tx: Tx, lineId: number | null): Promise<ReadonlyMap<number, string>> {
  const zones = await lineZones(tx);
  if (lineId === null) return zones;
  const zone = zones.get(lineId);
  if (zone === undefined) throw new Refusal("not_found", {}, "lineId");
  return new Map([[lineId, zone]]);
}

async function patternOfLine(tx: Tx, seriesId: number, lineId: number | null): Promise<void> {
  const [row] = await tx.select().from(shiftPattern).where(eq(shiftPattern.id, seriesId));
  if (row === undefined || row.lineId !== lineId) throw new Refusal("not_found", {}, "seriesId");
}

/** One word about a day, or about a shift of it: two would contradict each other. @throws Refusal day_said */
async function refuseTwice(tx: Tx, input: AddException, seriesId: number | null): Promise<void> {
  const { day, lineId, kind } = input;
  if (kind === "extra") return;
  const wholeDay = ["closed", "as_weekday"] as const;
  const rows = await tx
    .select()
    .from(calendarException)
    .where(
      and(
        calendarException.active,
        eq(calendarException.day, day),
        lineId === null ? isNull(calendarException.lineId) : eq(calendarException.lineId, lineId),
        seriesId === null
          ? inArray(calendarException.kind, [...wholeDay])
          : eq(calendarException.patternId, seriesId),
      ),
    );
  const [said] = rows;
  if (said !== undefined) throw new Refusal("day_said", { day, reason: said.reason }, "day");
}

function tell(
  context: CommandContext,
  action: "calendar.add" | "calendar.remove" | "calendar.restore",
  exceptionId: number,
  before: object | undefined,
  after: object,
): void {
  context.audit({ action, objectType: "calendar_exception", objectId: String(exceptionId), before, after });
}
