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

interface Started {
  readonly from?: string | null | undefined;
}

/** What is said for always first, then what is said from a time on, the earliest first. */
export function byStart(a: Started, b: Started): number {
  return (a.from ?? "") < (b.from ?? "") ? -1 : 1;
}

/**
 * From when on a row of a file holds, to the minute: what was said within that minute is meant, for a file shows no
 * seconds. An empty cell leaves `from` out: from now on, or always where nothing was said; where the file says several
 * times of one thing it means what held before them all.
 * @returns `at`: when to look for what is said already
 */
export function startsIn(
  text: string | null | undefined,
  timeZone: string,
  said: readonly { readonly from: number | null }[],
  several: boolean,
  now: number,
): { from: number | undefined; at: number } {
  if (text == null) return { from: undefined, at: several ? -Infinity : now };
  const given = instantOfLocal(text, timeZone);
  const known = said.find(({ from }) => from !== null && Math.floor(from / 60_000) * 60_000 === given);
  const from = known?.from ?? given;
  return { from, at: from };
}
