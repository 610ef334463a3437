import { formatBytes, formatNumber, formatSpan } from "#app/_lib/format.ts";

/** A unit as a word of its own: `lag ms`, `AgeMs`, `bytes`; "alarms" ends on no milliseconds. */
const ending = /(?:^|[ .])(ms|bytes)$|(Ms|Bytes)$/;

/** A key of `GET /api/v1/health` as it is read: `newestBatchAgeMs` → `newest batch age`. Keys are no words of a language. */
export function figureName(key: string): string {
  return (
    key
      .replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
      .replace(ending, "")
      .trim() || key
  );
}

/** Its value with the unit that its key names: ms as a length of time, bytes as kB, MB or GB. */
export function figureValue(locale: string, key: string, value: number | string | boolean | null): string {
  if (value === null || value === "") return "–";
  if (typeof value !== "number") return String(value);
  const [, apart, joined] = ending.exec(key) ?? [];
  const unit = apart ?? joined;
  if (unit?.toLowerCase() === "ms") return formatSpan(locale, value);
  if (unit?.toLowerCase() === "bytes") return formatBytes(locale, value);
  return formatNumber(locale, value);
}
