import type { RawReading } from "../driver.contract.ts";
import type { Quality } from "../tag.contract.ts";
import { BatchHeader, maxBatchBytes, maxTextLength } from "./wire.contract.ts";

/** A row that is no reading: kept as a dead letter, and named in the answer. */
export interface RefusedRow {
  readonly row: number;
  readonly reason: string;
  readonly raw: unknown;
}

export interface ReadBatch {
  readonly id: number;
  readonly readings: readonly RawReading[];
  readonly refused: readonly RefusedRow[];
}

/** Reads a batch: zod looks at its head, one loop at its rows. A string says why the whole of it is refused. */
export function readBatch(input: unknown): ReadBatch | string {
  const parsed = BatchHeader.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `${issue?.path.join(".") || "the batch"}: ${issue?.message ?? "invalid"}`;
  }
  const { id, metrics, units, historical, rows } = parsed.data;
  if (units !== undefined && units.length !== metrics.length)
    return "units: one for each metric, or none at all";
  const readings: RawReading[] = [];
  const refused: RefusedRow[] = [];
  let textUnits = 0;
  for (const [i, raw] of rows.entries()) {
    const row = readRow(raw, metrics);
    if (typeof row === "string") {
      refused.push({ row: i, reason: row, raw });
      continue;
    }
    if (typeof row.value === "string") textUnits += row.value.length;
    const unit = units?.[row.index];
    readings.push({
      metric: metrics[row.index] ?? "",
      sourceTime: row.at,
      value: row.value,
      quality: row.quality,
      ...(unit != null && { unit }),
      ...(historical === true && { historical: true }),
    });
  }
  if (textUnits > maxBatchBytes) return `the batch holds more than ${maxBatchBytes} bytes of text`;
  return { id, readings, refused };
}

interface Row {
  readonly index: number;
  readonly at: number;
  readonly value: RawReading["value"];
  readonly quality: Quality;
}

function readRow(raw: unknown, metrics: readonly string[]): Row | string {
  if (!Array.isArray(raw) || raw.length < 3 || raw.length > 4) {
    return "a row is [metric, time, value] or [metric, time, value, quality]";
  }
  const [index, at, wire, quality = 0] = raw as unknown[];
  if (typeof index !== "number" || metrics[index] === undefined)
    return "the row points at no metric of the batch";
  if (typeof at !== "number" || !Number.isFinite(at)) return "the time is not a number of milliseconds";
  if (!isQuality(quality)) return "quality is 0 good, 1 uncertain, 2 bad or 3 stale";
  const value = readValue(wire);
  return value === undefined
    ? "a value is a number, a text of at most 4096 characters, true, false, null or {int64}"
    : { index, at, value, quality };
}

function readValue(wire: unknown): RawReading["value"] | undefined {
  if (wire === null || typeof wire === "number" || typeof wire === "boolean") return wire;
  if (typeof wire === "string") return wire.length <= maxTextLength ? wire : undefined;
  if (typeof wire !== "object" || !("int64" in wire)) return undefined;
  const { int64 } = wire;
  if (typeof int64 !== "string" || !/^-?\d{1,19}$/.test(int64)) return undefined;
  const exact = BigInt(int64);
  if (BigInt.asIntN(64, exact) !== exact) return undefined;
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

function isQuality(value: unknown): value is Quality {
  return value === 0 || value === 1 || value === 2 || value === 3;
}
