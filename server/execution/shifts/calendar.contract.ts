import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";
import { LocalDay, LocalTime, ShiftPattern, ShiftView } from "./shifts.contract.ts";

/** What each kind of word about a day needs beside the day and the reason. */
const neededBy = {
  /** No shift begins by a pattern. */
  closed: [],
  /** The day runs like a weekday: "this Saturday we run". */
  as_weekday: ["weekday"],
  /** A shift more, e.g. overtime. */
  extra: ["name", "startLocal", "endLocal"],
  /** A shift of a pattern begins and ends at other times. */
  changed: ["seriesId", "startLocal", "endLocal"],
  /** A shift of a pattern does not happen. */
  dropped: ["seriesId"],
} as const;

export const ExceptionKind = z.enum(["closed", "as_weekday", "extra", "changed", "dropped"]);

/** A day on which a line, or every line, works otherwise than its patterns say. */
export const AddException = z
  .object({
    /** Null = every line. */
    lineId: rowId().nullable(),
    day: LocalDay,
    /** Why, as it stands in the calendar: a holiday's name, an order, an inventory. */
    reason: plainText(120),
    kind: ExceptionKind,
    /** 1 = Monday. */
    weekday: z.number().int().min(1).max(7).optional(),
    seriesId: rowId().optional(),
    name: plainText(60).optional(),
    startLocal: LocalTime.optional(),
    endLocal: LocalTime.optional(),
  })
  .check(({ value, issues }) => {
    for (const field of neededBy[value.kind])
      if (value[field] === undefined)
        issues.push({ code: "custom", path: [field], input: value, message: "needed" });
  });
export type AddException = z.infer<typeof AddException>;

/** Says other times, another name or another reason of a day; what is left out stays. */
export const ChangeException = z.object({
  exceptionId: rowId(),
  reason: plainText(120).optional(),
  /** Of an extra shift. */
  name: plainText(60).optional(),
  /** Of an extra shift or one at other times. */
  startLocal: LocalTime.optional(),
  endLocal: LocalTime.optional(),
});

export const UseException = z.object({ exceptionId: rowId() });

export const CalendarException = z.object({
  id: z.number().int(),
  lineId: z.number().int().nullable(),
  day: z.string(),
  kind: ExceptionKind,
  weekday: z.number().int().nullable(),
  seriesId: z.number().int().nullable(),
  name: z.string().nullable(),
  startLocal: z.string().nullable(),
  endLocal: z.string().nullable(),
  reason: z.string(),
});
export type CalendarException = z.infer<typeof CalendarException>;

/** A shift that has begun: it stands as it was, whatever the patterns say. */
export const BegunShift = ShiftView.extend({
  /** The series of the pattern that made it; null = it was an extra shift. */
  seriesId: z.number().int().nullable(),
});
export type BegunShift = z.infer<typeof BegunShift>;

/** Changes a pattern from a local date on; what is left out stays, and days before keep what they had. */
export const ChangeShiftPattern = z.object({
  patternId: rowId(),
  fromDay: LocalDay,
  name: plainText(60).optional(),
  weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7).optional(),
  startLocal: LocalTime.optional(),
  endLocal: LocalTime.optional(),
  breaks: z
    .array(z.object({ start: LocalTime, end: LocalTime }))
    .max(8)
    .optional(),
});

/** What the calendar of a plant is made of: whoever shows it expands it by `calendar.rules.ts`. */
export const CalendarView = z.object({
  lines: z.array(z.object({ id: z.number().int(), name: z.string(), timeZone: z.string() })),
  patterns: z.array(ShiftPattern),
  exceptions: z.array(CalendarException),
  /** What was said of days and then taken back: its history puts it in force again. */
  takenBack: z.array(CalendarException),
  begun: z.array(BegunShift),
  now: z.number(),
});
export type CalendarView = z.infer<typeof CalendarView>;
