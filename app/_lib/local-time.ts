const parts = new Map<string, Intl.DateTimeFormat>();

function fieldsOf(zone: string, at: number): number[] {
  let format = parts.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    parts.set(zone, format);
  }
  const found = new Map(format.formatToParts(at).map((part) => [part.type, Number(part.value)]));
  return (["year", "month", "day", "hour", "minute", "second"] as const).map((name) => found.get(name) ?? 0);
}

const asUtc = ([year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0]: number[]) =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/** An instant as `<input type="datetime-local">` writes it, on the plant's clock. */
export function toLocalInput(at: number, zone: string): string {
  return new Date(asUtc(fieldsOf(zone, at))).toISOString().slice(0, 19);
}

/**
 * What such a field says as ms since epoch; null where it says nothing. A time that the clocks skip is the one after;
 * of two that have the same name the first is meant.
 */
export function fromLocalInput(text: string, zone: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?/.exec(text);
  if (found === null) return null;
  const wall = asUtc(found.slice(1).map((part) => Number(part ?? 0)));
  const offset = (at: number) => asUtc(fieldsOf(zone, at)) - Math.floor(at / 1000) * 1000;
  // The offset a day before holds unless the clocks were changed in between.
  const first = wall - offset(wall - 86_400_000);
  const second = wall - offset(wall + 86_400_000);
  return [first, second].find((at) => at + offset(at) === wall) ?? first;
}
