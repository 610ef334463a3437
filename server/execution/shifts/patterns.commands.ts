import { desc, eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { equipment } from "#db/schema/execution/plant.ts";
import { shiftPattern } from "#db/schema/execution/shifts.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { ChangeShiftPattern } from "./calendar.contract.ts";
import { dayStart, runningSince } from "./calendar.rules.ts";
import { refusePast, remakeShifts } from "./expand.ts";
import { whyNotPattern } from "./patterns.rules.ts";
import { AddShiftPattern, EndShiftPattern } from "./shifts.contract.ts";
import { shiftPatternChanged } from "./shifts.facts.ts";
import { lineZones, patternsAt } from "./shifts.queries.ts";

const allow = () => ({ action: "plant.manage" }) as const;

/**
 * A line works by this pattern from now on. A shift that would be running already runs from its start: whoever sets
 * up a plant at nine wants the figures of the early shift. @throws Refusal shift_overlap, break_outside_shift
 */
export const addShiftPattern = defineCommand({
  name: "shift.add_pattern",
  input: AddShiftPattern,
  allow,
  run: async (context, input) => {
    const { tx, now } = context;
    const [line] = await tx.select().from(equipment).where(eq(equipment.id, input.lineId)).for("update");
    if (line === undefined || line.level !== "line") throw new Refusal("not_found", {}, "lineId");
    const zone = (await lineZones(tx)).get(input.lineId) ?? "UTC";
    // What lay before was not worked by a pattern that nobody had said.
    const from = runningSince(input, zone, now) ?? now;
    const why = whyNotPattern(input, await patternsAt(tx, input.lineId, now));
    if (why !== null) throw why;
    const weekdays = [...new Set(input.weekdays)].toSorted((a, b) => a - b);
    const [row] = await tx
      .insert(shiftPattern)
      .values({
        ...input,
        weekdays,
        code: `${input.startLocal}-${input.endLocal}`,
        during: { start: from, end: null },
      })
      .returning({ id: shiftPattern.id });
    const patternId = row?.id ?? 0;
    await tx.update(shiftPattern).set({ seriesId: patternId }).where(eq(shiftPattern.id, patternId));
    await remakeShifts(tx, input.lineId, now);
    context.audit({
      action: "shift.add_pattern",
      objectType: "shift_pattern",
      objectId: String(patternId),
      after: { ...(await patternFields(tx, patternId)) },
    });
    context.publish(shiftPatternChanged, `line:${input.lineId}`, { lineId: input.lineId });
    return { patternId };
  },
});

/**
 * Changes a pattern from a local date on; the days before keep what they had. A shift that has begun is worked as it
 * was. @throws Refusal not_found, day_over, shift_overlap, shifts_at_once, break_outside_shift
 */
export const changeShiftPattern = defineCommand({
  name: "shift.change_pattern",
  input: ChangeShiftPattern,
  allow,
  run: async (context, { patternId, fromDay, ...given }) => {
    const { tx, now } = context;
    const row = await lockPattern(tx, patternId);
    const zone = (await lineZones(tx)).get(row.lineId) ?? "UTC";
    refusePast(fromDay, now, zone);
    const from = dayStart(fromDay, zone);
    const seriesId = row.seriesId ?? row.id;
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
    if ((row.during.start ?? -Infinity) >= from)
      await tx.update(shiftPattern).set(values).where(eq(shiftPattern.id, row.id));
    else {
      await tx
        .update(shiftPattern)
        .set({ during: { start: row.during.start, end: from } })
        .where(eq(shiftPattern.id, row.id));
      await tx
        .insert(shiftPattern)
        .values({ ...values, lineId: row.lineId, seriesId, during: { start: from, end: row.during.end } });
    }
    await remakeShifts(tx, row.lineId, now);
    context.audit({
      action: "shift.change_pattern",
      objectType: "shift_pattern",
      objectId: String(seriesId),
      before: { ...before },
      after: { ...(await patternFields(tx, seriesId)) },
    });
    context.publish(shiftPatternChanged, `line:${row.lineId}`, { lineId: row.lineId });
    return { patternId };
  },
});

/** No further shift begins by this pattern; the one that runs is worked to its end. @throws Refusal not_found */
export const endShiftPattern = defineCommand({
  name: "shift.end_pattern",
  input: EndShiftPattern,
  allow,
  run: (context, { patternId }) => setEnd(context, patternId, context.now),
});

/** A pattern that was ended holds again from now on. @throws Refusal not_found, shift_overlap, shifts_at_once */
export const reopenShiftPattern = defineCommand({
  name: "shift.reopen_pattern",
  input: EndShiftPattern,
  allow,
  run: (context, { patternId }) => setEnd(context, patternId, null),
});

async function setEnd(context: CommandContext, patternId: number, end: number | null) {
  const { tx, now } = context;
  const row = await lockPattern(tx, patternId);
  if ((row.during.end === null) === (end === null)) return { patternId };
  const seriesId = row.seriesId ?? row.id;
  const before = await patternFields(tx, seriesId);
  if (end === null) {
    const why = whyNotPattern({ ...row, breaks: [...row.breaks] }, await patternsAt(tx, row.lineId, now));
    if (why !== null) throw why;
  }
  await tx
    .update(shiftPattern)
    .set({ during: { start: row.during.start, end } })
    .where(eq(shiftPattern.id, row.id));
  await remakeShifts(tx, row.lineId, now);
  context.audit({
    action: end === null ? "shift.reopen_pattern" : "shift.end_pattern",
    objectType: "shift_pattern",
    objectId: String(seriesId),
    before: { active: before?.active },
    after: { active: end === null },
  });
  context.publish(shiftPatternChanged, `line:${row.lineId}`, { lineId: row.lineId });
  return { patternId };
}

/** The newest pattern of the series that this one is of, so that an older id means the same. @throws Refusal not_found */
async function lockPattern(tx: Tx, patternId: number) {
  const [row] = await tx
    .select()
    .from(shiftPattern)
    .where(
      sql`coalesce(series_id, id) = (select coalesce(series_id, id) from shift_pattern where id = ${patternId})`,
    )
    .orderBy(desc(shiftPattern.id))
    .limit(1)
    .for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "patternId");
  return row;
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
  return { lineId, name, weekdays, ...times, breaks, from: during.start, active: during.end === null };
}
