import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { type Actor, founderActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { undoChange } from "#server/core/history.commands.ts";
import { readHistory } from "#server/core/history.queries.ts";
import { addLine, setSite } from "../plant/plant.commands.ts";
import { addException, changeException, removeException } from "./calendar.commands.ts";
import { readCalendar } from "./calendar.queries.ts";
import { expandCalendar } from "./calendar.rules.ts";
import { keepShiftsAhead } from "./expand.ts";
import { addShiftPattern, changeShiftPattern, endShiftPattern } from "./patterns.commands.ts";
import { shiftsBetween } from "./shifts.queries.ts";
import { calendarUndoers } from "./shifts.undo.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
const hour = 3_600_000;
/** Ten o'clock of a winter Monday in Berlin: the early shift runs. */
const ten = Date.UTC(2026, 10, 23, 9);
let clock: ManualClock;
let made = 0;
let lineId = 0;
let early = 0;
let late = 0;
const administrator: Actor = { ...founderActor("test"), roles: ["administrator"] };
const supervisor: Actor = { ...founderActor("test"), roles: ["supervisor"] };
const workdays = [1, 2, 3, 4, 5];

const act = <I, O>(command: Command<I, O>, input: unknown, by: Actor = administrator): Promise<O> =>
  command.execute({ db: handle.db, clock }, by, randomUUID(), input);

beforeAll(async () => {
  handle = await testDb();
  clock = new ManualClock(ten);
  await act(setSite, { name: "Works", timeZone: "Europe/Berlin" });
});
afterAll(() => handle.close());

beforeEach(async () => {
  clock = new ManualClock(ten);
  const shift = (name: string, startLocal: string, endLocal: string) =>
    act(addShiftPattern, { lineId, name, weekdays: workdays, startLocal, endLocal });
  ({ lineId } = await act(addLine, { code: `line-${String((made += 1))}`, name: `Line ${String(made)}` }));
  early = (await shift("Early", "06:00", "14:00")).patternId;
  late = (await shift("Late", "14:00", "22:00")).patternId;
});

/** Stored shifts of the line that begin on these days: name, day, local hours (winter). */
async function shifts(from: string, to = from): Promise<string[]> {
  const all = await shiftsBetween(handle.db, ten - 10 * 24 * hour, ten + 40 * 24 * hour, lineId);
  const local = (at: number) => new Date(at + hour).toISOString().slice(11, 16);
  return all
    .filter(({ productionDay }) => productionDay >= from && productionDay <= to)
    .map(
      ({ name, productionDay, start, end }) =>
        `${name} ${productionDay.slice(8)} ${local(start)}-${local(end)}`,
    );
}

async function undoLast(objectType: string, objectId: number): Promise<void> {
  const of = { objectType, objectId: String(objectId) };
  const [last] = await readHistory(handle.db, calendarUndoers, administrator, of);
  await act(undoChange(calendarUndoers), { auditSeq: last?.seq });
}

const said = (kind: string, day: string, more = {}) => ({
  kind,
  day,
  lineId,
  reason: "Stocktaking",
  ...more,
});

test("a holiday takes away the shifts of its day, also when a supervisor says so; taken back, they are there again", async () => {
  const before = await shifts("2026-11-25", "2026-11-27");
  const { exceptionId } = await act(addException, said("closed", "2026-11-26"), supervisor);
  expect(await shifts("2026-11-25", "2026-11-27")).toEqual(before.filter((one) => !one.includes(" 26 ")));
  await undoLast("calendar_exception", exceptionId);
  expect(await shifts("2026-11-25", "2026-11-27")).toEqual(before);
  await expect(act(addShiftPattern, {}, supervisor)).rejects.toMatchObject({ name: "Refusal" });
});

test("this Saturday we run; the word is taken back and, by undo, given again", async () => {
  expect(await shifts("2026-11-28")).toEqual([]);
  const { exceptionId } = await act(addException, said("as_weekday", "2026-11-28", { weekday: 5 }));
  const runs = ["Early 28 06:00-14:00", "Late 28 14:00-22:00"];
  expect(await shifts("2026-11-28")).toEqual(runs);
  await act(removeException, { exceptionId });
  expect(await shifts("2026-11-28")).toEqual([]);
  await undoLast("calendar_exception", exceptionId);
  expect(await shifts("2026-11-28")).toEqual(runs);
});

test("the running shift is made longer while it runs; what has begun is never taken away", async () => {
  const [running] = await shiftsBetween(handle.db, ten, ten + 1, lineId);
  const longer = { seriesId: late, startLocal: "15:00", endLocal: "22:00" };
  await act(addException, said("changed", "2026-11-23", longer));
  await act(
    addException,
    said("changed", "2026-11-23", { seriesId: early, startLocal: "06:00", endLocal: "15:00" }),
  );
  expect(await shifts("2026-11-23")).toEqual(["Early 23 06:00-15:00", "Late 23 15:00-22:00"]);
  const [same] = await shiftsBetween(handle.db, ten, ten + 1, lineId);
  expect(same?.id).toBe(running?.id);
  await act(addException, said("closed", "2026-11-23"));
  expect(await shifts("2026-11-23")).toEqual(["Early 23 06:00-15:00"]);
});

test("two shifts at once are refused with both times, and nothing is left of the attempt", async () => {
  const before = await shifts("2026-11-23", "2026-12-05");
  const overtime = { name: "Overtime", startLocal: "20:00", endLocal: "23:00" };
  await expect(act(addException, said("extra", "2026-11-27", overtime))).rejects.toMatchObject({
    code: "shifts_at_once",
    params: {
      name: "Late",
      time: "2026-11-27 14:00–22:00",
      other: "Overtime",
      otherTime: "2026-11-27 20:00–23:00",
    },
  });
  // Far beyond what is made so far it is refused as well.
  await expect(act(addException, said("extra", "2027-06-01", overtime))).rejects.toMatchObject({
    code: "shifts_at_once",
  });
  expect(await shifts("2026-11-23", "2026-12-05")).toEqual(before);
  await act(addException, said("extra", "2026-11-27", { ...overtime, startLocal: "22:00" }));
  expect((await shifts("2026-11-27")).at(-1)).toBe("Overtime 27 22:00-23:00");
});

test("a day that is over is refused, and so is a second word about the same day", async () => {
  await expect(act(addException, said("closed", "2026-11-22"))).rejects.toMatchObject({ code: "day_over" });
  await act(addException, said("closed", "2026-11-26"));
  await expect(act(addException, said("as_weekday", "2026-11-26", { weekday: 1 }))).rejects.toMatchObject({
    code: "day_said",
    params: { reason: "Stocktaking" },
  });
  await expect(act(addException, said("changed", "2026-11-27"))).rejects.toMatchObject({ code: "invalid" });
});

test("a holiday for every line closes them all", async () => {
  const other = lineId;
  const line = await act(addLine, { code: `other-${String(made)}`, name: "Other" });
  const more = { name: "Day", weekdays: workdays, startLocal: "07:00", endLocal: "15:00" };
  await act(addShiftPattern, { lineId: line.lineId, ...more });
  const { exceptionId } = await act(addException, { ...said("closed", "2026-12-25"), lineId: null });
  clock.advance(20 * 24 * hour);
  await handle.db.transaction((tx) => keepShiftsAhead(tx, clock.now()));
  const days = await handle.db.execute<{ day: string; shifts: number }>(sql`
    select production_day::text as day, count(*)::int as shifts from shift_instance
    where production_day between '2026-12-24' and '2026-12-25' and line_id in (${other}, ${line.lineId})
    group by 1`);
  expect([...days]).toEqual([{ day: "2026-12-24", shifts: 3 }]);
  await act(removeException, { exceptionId });
});

test("a pattern changes from a date; the days before keep theirs, and it is taken back from the same date", async () => {
  await act(changeShiftPattern, {
    patternId: early,
    fromDay: "2026-11-26",
    startLocal: "05:00",
    endLocal: "14:00",
  });
  const mixed = ["Early 25 06:00-14:00", "Early 26 05:00-14:00"];
  const earlies = async () =>
    (await shifts("2026-11-25", "2026-11-26")).filter((one) => one.startsWith("Early"));
  expect(await earlies()).toEqual(mixed);
  // A second change, by the first one's id, means what holds now.
  await act(changeShiftPattern, { patternId: early, fromDay: "2026-11-26", name: "Dawn" });
  expect(await shifts("2026-11-26")).toEqual(["Dawn 26 05:00-14:00", "Late 26 14:00-22:00"]);
  await undoLast("shift_pattern", early);
  expect(await earlies()).toEqual(mixed);
  const overlapping = { patternId: late, fromDay: "2026-11-30", startLocal: "13:00" };
  await expect(act(changeShiftPattern, overlapping)).rejects.toMatchObject({ code: "shift_overlap" });
});

test("a pattern that was ended holds again when that is taken back", async () => {
  await act(endShiftPattern, { patternId: late });
  expect(await shifts("2026-11-24")).toEqual(["Early 24 06:00-14:00"]);
  await undoLast("shift_pattern", late);
  expect(await shifts("2026-11-24")).toEqual(["Early 24 06:00-14:00", "Late 24 14:00-22:00"]);
});

test("a planned change is taken back before another one comes before it, and leaves no seam", async () => {
  const from = (fromDay: string, startLocal: string) =>
    act(changeShiftPattern, { patternId: early, fromDay, startLocal });
  await from("2026-12-01", "05:00");
  const planned = { code: "change_planned", params: { name: "Early", day: "2026-12-01" } };
  await expect(from("2026-11-26", "05:30")).rejects.toMatchObject(planned);
  await expect(act(endShiftPattern, { patternId: early })).rejects.toMatchObject(planned);
  await undoLast("shift_pattern", early);
  await from("2026-11-26", "05:30");
  expect(await shifts("2026-11-25", "2026-11-26")).toEqual([
    "Early 25 06:00-14:00",
    "Late 25 14:00-22:00",
    "Early 26 05:30-14:00",
    "Late 26 14:00-22:00",
  ]);
});

test("a pattern comes and goes from a date, and its coming is taken back before that", async () => {
  const night = { lineId, name: "Night", weekdays: [2], startLocal: "22:00", endLocal: "06:00" };
  const { patternId } = await act(addShiftPattern, { ...night, fromDay: "2026-11-25" });
  const nights = async () => (await shifts("2026-11-24", "2026-12-07")).filter((one) => one.startsWith("N"));
  expect(await nights()).toEqual(["Night 01 22:00-06:00"]);
  await undoLast("shift_pattern", patternId);
  expect(await nights()).toEqual([]);
  await expect(
    act(changeShiftPattern, { patternId, fromDay: "2026-11-30", name: "Nights" }),
  ).rejects.toMatchObject({ code: "pattern_ended", params: { name: "Night", day: "2026-11-25" } });

  await act(endShiftPattern, { patternId: late, fromDay: "2026-11-26" });
  expect(await shifts("2026-11-25", "2026-11-26")).toEqual([
    "Early 25 06:00-14:00",
    "Late 25 14:00-22:00",
    "Early 26 06:00-14:00",
  ]);
  await undoLast("shift_pattern", late);
  expect(await shifts("2026-11-26")).toEqual(["Early 26 06:00-14:00", "Late 26 14:00-22:00"]);
});

const changed = (seriesId: number, startLocal: string, endLocal: string) =>
  said("changed", "2026-11-23", { seriesId, startLocal, endLocal });

test("the running shift never ends in the past, and the one after it never vanishes", async () => {
  await expect(act(addException, changed(early, "06:00", "09:00"))).rejects.toMatchObject({
    code: "shift_begun",
    params: { name: "Early", time: "2026-11-23 06:00–14:00" },
  });
  const { exceptionId: moved } = await act(addException, changed(late, "15:00", "22:00"));
  const { exceptionId: longer } = await act(addException, changed(early, "06:00", "15:00"));
  const asSaid = ["Early 23 06:00-15:00", "Late 23 15:00-22:00"];
  clock = new ManualClock(ten + 4.5 * hour);
  for (const exceptionId of [moved, longer])
    await expect(act(removeException, { exceptionId })).rejects.toMatchObject({ name: "Refusal" });
  expect(await shifts("2026-11-23")).toEqual(asSaid);
  // It may still last longer or shorter than was said, from its own word, and that is taken back as well.
  await act(changeException, { exceptionId: longer, endLocal: "14:45" });
  expect((await shifts("2026-11-23"))[0]).toBe("Early 23 06:00-14:45");
  await undoLast("calendar_exception", longer);
  expect(await shifts("2026-11-23")).toEqual(asSaid);
});

test("what is over is not worked afterwards, and nothing is said over it", async () => {
  const { exceptionId } = await act(addException, said("dropped", "2026-11-23", { seriesId: late }));
  const { exceptionId: closed } = await act(addException, said("closed", "2026-11-23"));
  clock = new ManualClock(ten + 13 * hour);
  await act(removeException, { exceptionId: closed });
  await expect(act(removeException, { exceptionId })).rejects.toMatchObject({
    code: "time_over",
    params: { name: "Late", time: "2026-11-23 14:00–22:00" },
  });
  const overtime = { name: "Overtime", startLocal: "13:00", endLocal: "23:30" };
  await expect(act(addException, said("extra", "2026-11-23", overtime))).rejects.toMatchObject({
    code: "shifts_at_once",
  });
  await handle.db.transaction((tx) => keepShiftsAhead(tx, clock.now()));
  expect(await shifts("2026-11-23")).toEqual(["Early 23 06:00-14:00"]);
});

test("a closed day that opens again late is not worked before that", async () => {
  const { exceptionId } = await act(addException, said("closed", "2026-11-24"));
  clock = new ManualClock(ten + 29 * hour);
  await act(removeException, { exceptionId });
  await handle.db.transaction((tx) => keepShiftsAhead(tx, clock.now()));
  expect(await shifts("2026-11-24")).toEqual(["Late 24 14:00-22:00"]);
});

test("of two people who plan the same hours at the same moment the second is refused", async () => {
  const extra = (name: string) =>
    said("extra", "2026-11-28", { name, startLocal: "06:00", endLocal: "10:00" });
  let second: Promise<unknown> = Promise.resolve();
  await handle.db.transaction(async (tx) => {
    const asked = addException.input.parse(extra("Anna's"));
    await addException.within({ tx, now: clock.now(), actor: supervisor }, randomUUID(), asked);
    second = act(addException, extra("Ben's")).catch((error: unknown) => error);
    // It waits for the line, before it looks through anything.
    const waits = sql`select 1 from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`;
    await expect.poll(() => tx.execute(waits)).toHaveLength(1);
  });
  expect(await second).toMatchObject({ code: "shifts_at_once" });
  expect(await shifts("2026-11-28")).toEqual(["Anna's 28 06:00-10:00"]);
});

test("what the page draws by itself is what is stored", async () => {
  await act(addException, said("as_weekday", "2026-11-28", { weekday: 5 }));
  await act(changeShiftPattern, { patternId: early, fromDay: "2026-11-30", endLocal: "13:30" });
  const view = await readCalendar(handle.db, clock.now());
  const zone = view.lines.find(({ id }) => id === lineId)?.timeZone ?? "";
  const own = view.patterns.filter((one) => one.lineId === lineId);
  const calendar = { lineId, zone, patterns: own, exceptions: view.exceptions };
  const drawn = expandCalendar(calendar, "2026-11-24", "2026-12-04").map(({ start, end }) => [start, end]);
  const stored = await shiftsBetween(handle.db, ten + 14 * hour, ten + 12 * 24 * hour, lineId);
  const until = drawn.at(-1)?.[0] ?? 0;
  expect(drawn).toEqual(stored.filter(({ start }) => start <= until).map(({ start, end }) => [start, end]));
  expect(view.begun.filter((shift) => shift.lineId === lineId).map(({ name }) => name)).toEqual(["Early"]);
});
