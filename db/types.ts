import { customType } from "drizzle-orm/pg-core";

/** A half-open period `[start, end)` of UTC instants, ms since epoch; `null` = without bound. */
export interface Period {
  readonly start: number | null;
  readonly end: number | null;
}

function bound(text: string): number | null {
  const bare = text.replaceAll('"', "").trim();
  if (bare === "" || bare === "-infinity" || bare === "infinity") return null;
  return Date.parse(bare.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"));
}

/** Parses Postgres' text form of a tstzrange; `empty` becomes a zero-length period at 0. */
export function parsePeriod(text: string): Period {
  if (text === "empty") return { start: 0, end: 0 };
  const comma = text.indexOf(",");
  return { start: bound(text.slice(1, comma)), end: bound(text.slice(comma + 1, -1)) };
}

export function formatPeriod(period: Period): string {
  const start = period.start === null ? "" : new Date(period.start).toISOString();
  const end = period.end === null ? "" : new Date(period.end).toISOString();
  return `[${start},${end})`;
}

export const tstzrange = customType<{ data: Period; driverData: string }>({
  dataType: () => "tstzrange",
  toDriver: formatPeriod,
  fromDriver: parsePeriod,
});

export const tstzmultirange = customType<{ data: readonly Period[]; driverData: string }>({
  dataType: () => "tstzmultirange",
  toDriver: (periods) => `{${periods.map(formatPeriod).join(",")}}`,
  fromDriver: (text) => (text.match(/[[(][^\])]*[\])]/g) ?? []).map(parsePeriod),
});

export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
});
