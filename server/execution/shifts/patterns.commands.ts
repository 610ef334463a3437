import { desc, eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { equipment } from "#db/schema/execution/plant.ts";
import { shiftInstance, shiftPattern } from "#db/schema/execution/shifts.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { sameValue } from "#server/core/history.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { ChangeShiftPattern } from "./calendar.contract.ts";
import { begunShifts } from "./calendar.queries.ts";
import { dayStart, runningSince } from "./calendar.rules.ts";
import { lockLines, refusePast, remakeShifts } from "./expand.ts";
import { whyNotPattern } from "./patterns.rules.ts";
import { AddShiftPattern, EndShiftPattern, ReopenShiftPattern } from "./shifts.contract.ts";
import { shiftPatternChanged } from "./shifts.facts.ts";
import { lineZones, patternsAt } from "./shifts.queries.ts";
import { localDay } from "./shifts.rules.ts";

const allow = () => ({ action: "plant.manage" }) as const;

/**
 * A line works by this pattern from now or from a local day on. Where nothing runs, a shift that would be running
 * already runs from its start: whoever sets up a plant at nine wants the figures of the early shift.
 * @throws Refusal not_found, day_over, shift_overlap, shifts_at_once, break_outside_shift
 */
export const addShiftPattern = defineCommand({
  name: "shift.add_pattern",
  input: AddShiftPattern,
  allow,
  run: async (context, { fromDay, ...input }) => {
    const { tx, now } = context;
    const { lineId } = input;
    const [line] = await tx.select().from(equipment).where(eq(equipment.id, lineId)).for("update");
    if (line === undefined || line.level !== "line") throw new Refusal("not_found", {}, "lineId");
    const zone = (await lineZones(tx)).get(lineId) ?? "UTC";
    const day = fromDay ?? localDay(now, zone);
    refusePast(day, now, zone);
    // What lay before was not worked by a pattern that nobody had said.
    const runs = (await begunShifts(tx, now, lineId)).some(({ end }) => end > now);
    const since = runs ? now : (runningSince(input, zone, now) ?? now);
    const from = day > localDay(now, zone) ? dayStart(day, zone) : since;
    const why = whyNotPattern(input, await patternsAt(tx, lineId, Math.max(from, now)));
    if (why !== null) throw why;
    const weekdays = [...new Set(input.weekdays)].toSorted((a, b) => a - b);
    const code = `${input.startLocal}-${input.endLocal}`;
    const [row] = await tx
      .insert(shiftPattern)
      .values({ ...input, weekdays, code, during: { start: from, end: null } })
      .returning({ id: shiftPattern.id });
    const patternId = row?.id ?? 0;
    await tx.update(shiftPattern).set({ seriesId: patternId }).where(eq(shiftPattern.id, patternId));
    await remakeShifts(tx, lineId, now, day);
    tell(context, "shift.add_pattern", patternId, undefined, await patternFields(tx, patternId));
    context.publish(shiftPatternChanged, `line:${lineId}`, { lineId });
    return { patternId };
  },
});

/**
 * Changes a pattern from a local date on; the days before keep what they had. Of a shift that runs only the end and the
 * coming breaks move. @throws Refusal not_found, day_over, pattern_ended, change_planned, shift_overlap, shifts_at_once,
 * break_outside_shift
 */
export const changeShiftPattern = defineCommand({
  name: "shift.change_pattern",
  input: ChangeShiftPattern,
  allow,
  run: async (context, { patternId, fromDay, ...given }) => {
    const { tx, now } = context;
    const { row, previous, seriesId, zone } = await lockPattern(tx, patternId);
    refusePast(fromDay, now, zone);
    const from = dayStart(fromDay, zone);
    refusePlanned(row, Math.max(from, now), zone);
    if (row.during.end !== null && row.during.end <= from)
      throw new Refusal("pattern_ended", { name: row.name, day: localDay(row.during.end, zone) });
    const before = await patternFields(tx, seriesId);
    const said = {
      name: given.name ?? row.name,
      weekdays: [...new Set(given.weekdays ?? row.weekdays)].toSorted((a, b) => a - b),
      startLocal: given.startLocal ?? row.startLocal.slice(0, 5),
      endLocal: given.endLocal ?? row.endLocal.slice(0, 5),
      breaks: [...(given.breaks ?? row.breaks)],
    };
    const others = (await patternsAt(tx, row.lineId, Math.max(from, now))).filter(
      (p) => p.seriesId !== seriesId,
    );
    const why = whyNotPattern(said, others);
    if (why !== null) throw why;
    const values = { ...said, code: `${said.startLocal}-${said.endLocal}` };
    // One that has not begun by then is changed itself; else it ends there and a new one follows.
    if ((row.during.start ?? -Infinity) >= from) {
      await tx.update(shiftPattern).set(values).where(eq(shiftPattern.id, row.id));
      if (previous !== undefined && previous.during.end === row.during.start)
        await joinSame(tx, previous, row, said);
    } else {
      await tx
        .update(shiftPattern)
        .set({ during: { start: row.during.start, end: from } })
        .where(eq(shiftPattern.id, row.id));
      await tx
        .insert(shiftPattern)
        .values({ ...values, lineId: row.lineId, seriesId, during: { start: from, end: row.during.end } });
    }
    await remakeShifts(tx, row.lineId, now, fromDay);
    tell(context, "shift.change_pattern", seriesId, before, await patternFields(tx, seriesId));
    context.publish(shiftPatternChanged, `line:${row.lineId}`, { lineId: row.lineId });
    return { patternId };
  },
});

type Row = typeof shiftPattern.$inferSelect;
type Said = Pick<Row, "name" | "weekdays" | "startLocal" | "endLocal" | "breaks">;

/** A change that was taken back leaves no seam: a pattern that says what the one before says is that one. */
async function joinSame(tx: Tx, previous: Row, row: Row, said: Said): Promise<void> {
  const { name, weekdays, breaks } = previous;
  const times = { startLocal: previous.startLocal.slice(0, 5), endLocal: previous.endLocal.slice(0, 5) };
  if (!sameValue({ name, weekdays, breaks, ...times }, said)) return;
  await tx.update(shiftInstance).set({ patternId: previous.id }).where(eq(shiftInstance.patternId, row.id));
  await tx.delete(shiftPattern).where(eq(shiftPattern.id, row.id));
  await tx
    .update(shiftPattern)
    .set({ during: { start: previous.during.start, end: row.during.end } })
    .where(eq(shiftPattern.id, previous.id));
}

/** What is planned from a later day on is taken back first, or it would hold over what is said now. */
function refusePlanned(row: Row, from: number, zone: string): void {
  const { start } = row.during;
  if (start !== null && start > from)
    throw new Refusal("change_planned", { name: row.name, day: localDay(start, zone) }, "fromDay");
}

/**
 * No further shift begins by this pattern from now or from a local day on; the one that runs is worked to its end.
 * @throws Refusal not_found, day_over, change_planned
 */
export const endShiftPattern = defineCommand({
  name: "shift.end_pattern",
  input: EndShiftPattern,
  allow,
  run: async (context, { patternId, fromDay }) => {
    const { tx, now } = context;
    const { row, previous, seriesId, zone } = await lockPattern(tx, patternId);
    if (row.during.end !== null) return { patternId };
    const day = fromDay ?? localDay(now, zone);
    refusePast(day, now, zone);
    const end = fromDay === undefined ? now : Math.max(now, dayStart(fromDay, zone));
    if (previous !== undefined) refusePlanned(row, end, zone);
    await setEnd(context, row, seriesId, Math.max(end, row.during.start ?? end), day);
    return { patternId };
  },
});

/** A pattern that was ended holds again from now on. @throws Refusal not_found, shift_overlap, shifts_at_once */
export const reopenShiftPattern = defineCommand({
  name: "shift.reopen_pattern",
  input: ReopenShiftPattern,
  allow,
  run: async (context, { patternId }) => {
    const { tx, now } = context;
    const { row, seriesId, zone } = await lockPattern(tx, patternId);
    if (row.during.end === null) return { patternId };
    const others = await patternsAt(tx, row.lineId, Math.max(now, row.during.end));
    const why = whyNotPattern(
      { ...row, breaks: [...row.breaks] },
      others.filter(({ id }) => id !== row.id),
    );
    if (why !== null) throw why;
    const day = localDay(Math.max(now, row.during.end), zone);
    await setEnd(context, row, seriesId, null, day);
    return { patternId };
  },
});

async function setEnd(
  context: CommandContext,
  row: Row,
  seriesId: number,
  end: number | null,
  day: string,
): Promise<void> {
  const { tx, now } = context;
  const { lineId, during } = row;
  // One that has not begun ends where it would begin: no shift begins in its millisecond, and its date is kept.
  const start = end !== null && during.start === end ? end - 1 : during.start;
  await tx.update(shiftPattern).set({ during: { start, end } }).where(eq(shiftPattern.id, row.id));
  await remakeShifts(tx, lineId, now, day);
  const action = end === null ? "shift.reopen_pattern" : "shift.end_pattern";
  const was = { active: during.end === null, until: during.end };
  tell(context, action, seriesId, was, { active: end === null, until: end });
  context.publish(shiftPatternChanged, `line:${lineId}`, { lineId });
}

function tell(
  context: CommandContext,
  action: "shift.add_pattern" | "shift.change_pattern" | "shift.end_pattern" | "shift.reopen_pattern",
  seriesId: number,
  before: object | null | undefined,
  after: object | null,
): void {
  const of = { objectType: "shift_pattern", objectId: String(seriesId) };
  context.audit({ action, ...of, before: before ?? undefined, after: after ?? undefined });
}

/**
 * The newest pattern of the series that this one is of, so that an older id means the same, the one before it, and
 * their line, locked. @throws Refusal not_found
 */
async function lockPattern(tx: Tx, patternId: number) {
  const [row, previous] = await tx
    .select()
    .from(shiftPattern)
    .where(
      sql`coalesce(series_id, id) = (select coalesce(series_id, id) from shift_pattern where id = ${patternId})`,
    )
    .orderBy(desc(shiftPattern.id))
    .for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "patternId");
  await lockLines(tx, [row.lineId]);
  const zone = (await lineZones(tx)).get(row.lineId) ?? "UTC";
  return { row, previous, seriesId: row.seriesId ?? row.id, zone };
}

/** What a series says now, under the names of its history; null = there is none. */
export async function patternFields(tx: Tx, seriesId: number) {
  const [row] = await tx
    .select()
    .from(shiftPattern)
    .where(sql`coalesce(series_id, id) = ${seriesId}`)
    .orderBy(desc(shiftPattern.id))
    .limit(1)
    .for("update");
  if (row === undefined) return null;
  const { lineId, name, weekdays, startLocal, endLocal, breaks, during } = row;
  const times = { startLocal: startLocal.slice(0, 5), endLocal: endLocal.slice(0, 5) };
  const holds = { from: during.start, until: during.end, active: during.end === null };
  return { lineId, name, weekdays, ...times, breaks, ...holds };
}
