import { Temporal } from "temporal-polyfill";

/** `2026-11-30T14:00` in a zone as ms since epoch; of a time that happens twice the first is meant. */
export function instantOfLocal(text: string, timeZone: string): number {
  return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds;
}

/** The same back, as a spreadsheet shows it: `2026-11-30 14:00`. */
export function localText(at: number, timeZone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDateTime();
  return local.toString({ smallestUnit: "minute" }).replace("T", " ");
}
