import { and, eq, inArray, isNull } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { calendarException, shiftPattern } from "#db/schema/execution/shifts.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddException, type CalendarException, ChangeException, UseException } from "./calendar.contract.ts";
import { expandDays } from "./calendar.rules.ts";
import { type LineNow, lineNow, lockLines, refusePast, remakeShifts } from "./expand.ts";
import { whyTooLate } from "./replan.rules.ts";
import { shiftPatternChanged } from "./shifts.facts.ts";
import { lineZones } from "./shifts.queries.ts";

const allow = () => ({ action: "calendar.plan" }) as const;

/**
 * Says that a line, or every line, works otherwise on one day. Only what has not begun changes; a running shift may
 * end at another time. @throws Refusal day_over, time_over, shift_begun, shifts_at_once, day_said, not_found
 * @returns the new id
 */
export const addException = defineCommand({
  name: "calendar.add",
  input: AddException,
  allow,
  run: async (context, input) => {
    const { tx } = context;
    const { lineId, day, reason, kind } = input;
    const lines = await linesOf(tx, lineId);
    const { seriesId = null, weekday = null, name = null, startLocal = null, endLocal = null } = input;
    if (seriesId !== null) await patternOfLine(tx, seriesId, lineId);
    await refuseTwice(tx, input, seriesId);
    const said = { lineId, day, kind, reason, patternId: seriesId, weekday, name, startLocal, endLocal };
    const exceptionId = await remaking(context, lines, { day, kind }, async () => {
      const [row] = await tx.insert(calendarException).values(said).returning({ id: calendarException.id });
      return row?.id ?? 0;
    });
    tell(context, "calendar.add", exceptionId, undefined, { ...(await exceptionFields(tx, exceptionId)) });
    return { exceptionId };
  },
});

/**
 * Says other times, another name or another reason of a day, also of an overtime that lasts longer than was said.
 * @throws Refusal not_found, day_over, time_over, shift_begun, shifts_at_once
 */
export const changeException = defineCommand({
  name: "calendar.change",
  input: ChangeException,
  allow,
  run: async (context, { exceptionId, ...given }) => {
    const { tx } = context;
    const before = await exceptionFields(tx, exceptionId);
    if (before?.active !== true) throw new Refusal("not_found", {}, "exceptionId");
    const timed = before.kind === "extra" || before.kind === "changed";
    const said = {
      reason: given.reason ?? before.reason,
      name: before.kind === "extra" ? (given.name ?? before.name) : before.name,
      startLocal: timed ? (given.startLocal ?? before.startLocal) : null,
      endLocal: timed ? (given.endLocal ?? before.endLocal) : null,
    };
    await remaking(context, await linesOf(tx, before.lineId), before, () =>
      tx.update(calendarException).set(said).where(eq(calendarException.id, exceptionId)),
    );
    const was = { reason: before.reason, name: before.name };
    const wasTimes = { startLocal: before.startLocal, endLocal: before.endLocal };
    tell(context, "calendar.change", exceptionId, { ...was, ...wasTimes }, said);
    return { exceptionId };
  },
});

/**
 * Takes an exception out of force: the day is again as the patterns say.
 * @throws Refusal not_found, day_over, time_over, shift_begun, shifts_at_once
 */
export const removeException = defineCommand({
  name: "calendar.remove",
  input: UseException,
  allow,
  run: (context, { exceptionId }) => setUse(context, exceptionId, false),
});

/**
 * Puts an exception in force that was taken out.
 * @throws Refusal not_found, day_over, time_over, shift_begun, shifts_at_once, day_said
 */
export const restoreException = defineCommand({
  name: "calendar.restore",
  input: UseException,
  allow,
  run: (context, { exceptionId }) => setUse(context, exceptionId, true),
});

async function setUse(context: CommandContext, exceptionId: number, active: boolean) {
  const { tx } = context;
  const row = await exceptionFields(tx, exceptionId);
  if (row === null) throw new Refusal("not_found", {}, "exceptionId");
  if (row.active === active) return { exceptionId };
  const lines = await linesOf(tx, row.lineId);
  if (active) await refuseTwice(tx, row, row.patternId);
  await remaking(context, lines, row, () =>
    tx.update(calendarException).set({ active }).where(eq(calendarException.id, exceptionId)),
  );
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
  const { id: _id, startLocal, endLocal, ...fields } = row;
  return { ...fields, startLocal: startLocal?.slice(0, 5) ?? null, endLocal: endLocal?.slice(0, 5) ?? null };
}

/** Changes what is said of a day and makes the shifts of its lines anew, if it does not come too late. */
async function remaking<T>(
  context: CommandContext,
  lines: ReadonlyMap<number, string>,
  { day, kind }: { readonly day: string; readonly kind: CalendarException["kind"] },
  write: () => Promise<T>,
): Promise<T> {
  const { tx, now } = context;
  // A word about a whole day means what of it has not begun; one about a single shift must not come too late for it.
  const whole = kind === "closed" || kind === "as_weekday";
  for (const zone of lines.values()) refusePast(day, now, zone);
  const was = new Map<number, LineNow>();
  if (!whole) for (const lineId of lines.keys()) was.set(lineId, await lineNow(tx, lineId, now));
  const written = await write();
  for (const [lineId, zone] of lines) {
    const before = was.get(lineId);
    if (before !== undefined) {
      const after = (await lineNow(tx, lineId, now)).calendar;
      const planned = [before.calendar, after].map((one) => expandDays(one, [day]));
      const why = whyTooLate(planned[0] ?? [], planned[1] ?? [], before.begun, now, zone);
      if (why !== null) throw why;
    }
    await remakeShifts(tx, lineId, now, day);
    context.publish(shiftPatternChanged, `line:${lineId}`, { lineId });
  }
  return written;
}

/** The lines that are meant, locked, each with its zone. @throws Refusal not_found */
async function linesOf(tx: Tx, lineId: number | null): Promise<ReadonlyMap<number, string>> {
  const zones = await lineZones(tx);
  const zone = lineId === null ? undefined : zones.get(lineId);
  if (lineId !== null && zone === undefined) throw new Refusal("not_found", {}, "lineId");
  const lines = lineId === null || zone === undefined ? zones : new Map([[lineId, zone]]);
  await lockLines(tx, [...lines.keys()]);
  return lines;
}

async function patternOfLine(tx: Tx, seriesId: number, lineId: number | null): Promise<void> {
  const [row] = await tx.select().from(shiftPattern).where(eq(shiftPattern.id, seriesId));
  if (row === undefined || row.lineId !== lineId) throw new Refusal("not_found", {}, "seriesId");
}

/** One word about a day, or about a shift of it: two would contradict each other. @throws Refusal day_said */
async function refuseTwice(
  tx: Tx,
  input: Pick<AddException, "day" | "lineId" | "kind">,
  seriesId: number | null,
): Promise<void> {
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
  action: "calendar.add" | "calendar.change" | "calendar.remove" | "calendar.restore",
  exceptionId: number,
  before: object | undefined,
  after: object,
): void {
  context.audit({ action, objectType: "calendar_exception", objectId: String(exceptionId), before, after });
}
