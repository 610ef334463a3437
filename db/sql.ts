import { type SQL, sql } from "drizzle-orm";

/**
 * What raw SQL needs: the driver takes and gives instants and arrays as text there, so they are said as such.
 * Instants are ms since epoch; ±Infinity is Postgres' own infinity.
 */
export function instant(ms: number): SQL {
  return sql`${iso(ms)}::timestamptz`;
}

const iso = (ms: number): string =>
  Number.isFinite(ms) ? new Date(ms).toISOString() : ms > 0 ? "infinity" : "-infinity";

/** A timestamptz expression as ms since epoch (float8). */
export function epochMs(expression: SQL): SQL {
  return sql`(extract(epoch from ${expression}) * 1000)::float8`;
}

/** `[from, to)`; null = without bound on that side. */
export function periodOf(from: number | null, to: number | null): SQL {
  return sql`tstzrange(${from === null ? sql`null` : instant(from)}, ${to === null ? sql`null` : instant(to)})`;
}

export function intArray(values: readonly number[]): SQL {
  return sql`${`{${values.join(",")}}`}::int[]`;
}

export function uuidArray(values: readonly string[]): SQL {
  return sql`${`{${values.join(",")}}`}::uuid[]`;
}

export function instantArray(values: readonly number[]): SQL {
  return sql`${`{${values.map(iso).join(",")}}`}::timestamptz[]`;
}

/** Null stays null. */
export function textArray(values: readonly (string | null)[]): SQL {
  const quoted = values.map((v) => (v === null ? "null" : `"${v.replaceAll(/["\\]/g, "\\$&")}"`));
  return sql`${`{${quoted.join(",")}}`}::text[]`;
}
