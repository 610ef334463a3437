import { formatDayTime, formatNumber, formatShare, formatSpan } from "#app/_lib/format.ts";

/** Fields that hold an instant, ms since epoch. */
const instants = new Set(["at", "from", "until", "since", "validFrom", "validUntil", "leavesAt"]);

/** A stored value as people read it: spans with their unit, shares in percent, instants on the plant's clock. */
export function plainValue(field: string, value: unknown, locale: string, timeZone: string): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") {
    if (instants.has(field)) return formatDayTime(locale, timeZone, value);
    if (field.endsWith("Ms")) return formatSpan(locale, value);
    if (field.endsWith("Share")) return formatShare(locale, value, 0);
    return Number.isInteger(value) ? formatNumber(locale, value) : value.toLocaleString(locale);
  }
  if (Array.isArray(value))
    return value.length === 0 ? "–" : value.map((one) => plainValue("", one, locale, timeZone)).join(", ");
  if (typeof value === "object")
    return Object.values(value)
      .map((one) => plainValue("", one, locale, timeZone))
      .join("–");
  return typeof value === "string" ? value : JSON.stringify(value);
}
