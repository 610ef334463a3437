import { z } from "zod";

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
});
export type ShiftPattern = z.infer<typeof ShiftPattern>;
