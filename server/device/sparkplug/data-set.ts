import { readDataSet, StructureError, structureLimits } from "./structures.ts";
import type { WireValueFields } from "./schema.ts";
import { type RawValue, readValue } from "./values.ts";

type Cell = number | string | boolean | null;

/**
 * A data set as text, `{"columns":["t","v"],"rows":[[1,2.5]]}`: a reading holds one value, and this keeps all of them
 * as they belong together. Whole numbers beyond 2^53 are texts. What cannot be kept whole is not kept in part.
 */
export function dataSetText(bytes: Uint8Array): RawValue {
  try {
    const { columns, types, rows } = readDataSet(bytes);
    const cells = rows.map((row) => row.map((value, i) => cell(types[i] ?? 0, value)));
    const text = JSON.stringify({ columns, rows: cells });
    if (text.length > structureLimits.textLength) {
      throw new StructureError(
        `the data set has ${text.length} characters as text, at most ${structureLimits.textLength}`,
      );
    }
    return { in: "dataset", text };
  } catch (error) {
    return {
      in: "unfit",
      why: error instanceof StructureError ? error.message : "the data set cannot be read",
    };
  }
}

/** @throws StructureError when the value is of another type than its column. */
function cell(type: number, wire: WireValueFields): Cell {
  const raw = rawOf(wire);
  if (raw === null) return null;
  const value = readValue(type, raw);
  if (value === undefined)
    throw new StructureError("a value of the data set is of another type than its column");
  return typeof value === "bigint" ? value.toString() : value;
}

function rawOf(wire: WireValueFields): RawValue | null {
  const has = (field: keyof WireValueFields): boolean => Object.hasOwn(wire, field);
  if (has("intValue")) return { in: "int", value: (wire.intValue ?? 0) >>> 0 };
  if (wire.longValue !== undefined && has("longValue")) {
    const { high, low } = wire.longValue;
    return { in: "long", value: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) };
  }
  if (has("floatValue")) return { in: "float", value: wire.floatValue ?? 0 };
  if (has("doubleValue")) return { in: "double", value: wire.doubleValue ?? 0 };
  if (has("booleanValue")) return { in: "boolean", value: wire.booleanValue === true };
  return has("stringValue") ? { in: "string", value: wire.stringValue ?? "" } : null;
}
