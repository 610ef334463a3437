import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";

const Bounded = z.object({ start: z.number(), end: z.number() });

/** One shift as it really was or will be: `[start, end)` UTC ms. */
export const ShiftView = Bounded.extend({
  id: z.number().int(),
  lineId: z.number().int(),
  name: z.string(),
  /** The local date the shift belongs to (its start), `YYYY-MM-DD`. */
  productionDay: z.string(),
  breaks: z.array(Bounded),
});
export type ShiftView = z.infer<typeof ShiftView>;

/** A shift as people say it, in the site's local time. `HH:MM`; an end at or before the start is on the next day. */
export const ShiftPattern = z.object({
  id: z.number().int(),
  lineId: z.number().int(),
  code: z.string(),
  name: z.string(),
  /** 1 = Monday … 7 = Sunday: days on which it starts. */
  weekdays: z.array(z.number().int().min(1).max(7)),
  startLocal: z.string(),
  endLocal: z.string(),
  breaks: z.array(z.object({ start: z.string(), end: z.string() })),
  /** Patterns that follow one another by a dated change are one series. */
  seriesId: z.number().int(),
  /** It holds for shifts that begin in [from, until), ms; null = always. */
  from: z.number().nullable(),
  until: z.number().nullable(),
});
export type ShiftPattern = z.infer<typeof ShiftPattern>;

export const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day as HH:MM");

/** A local date, `YYYY-MM-DD`. */
export const LocalDay = z.iso.date();

export const AddShiftPattern = z.object({
  lineId: rowId(),
  name: plainText(60),
  weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7),
  startLocal: LocalTime,
  endLocal: LocalTime,
  breaks: z
    .array(z.object({ start: LocalTime, end: LocalTime }))
    .max(8)
    .default([]),
  /** The first local day on which it is worked; left out = from now on. */
  fromDay: LocalDay.optional(),
});
export type AddShiftPattern = z.infer<typeof AddShiftPattern>;

export const EndShiftPattern = z.object({
  patternId: rowId(),
  /** The first local day on which it is not worked any more; left out = from now on. */
  fromDay: LocalDay.optional(),
});

export const ReopenShiftPattern = z.object({ patternId: rowId() });
