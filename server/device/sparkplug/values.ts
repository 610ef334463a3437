import { quality, type Quality } from "../tag.contract.ts";

/** Numbers of the datatypes (Sparkplug B 3.0, 6.4.16). Bytes, files and arrays are not read. */
export const datatypes = {
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
  DataSet: 16,
  Template: 19,
} as const;

/** Which field of the protobuf `oneof` a value came in, before the datatype of the birth says what it means. */
export type RawValue =
  | { readonly in: "int" | "float" | "double"; readonly value: number }
  | { readonly in: "long"; readonly value: bigint }
  | { readonly in: "boolean"; readonly value: boolean }
  | { readonly in: "string"; readonly value: string }
  /** A data set as text (JSON), or why it is none. */
  | { readonly in: "dataset"; readonly text: string }
  | { readonly in: "unfit"; readonly why: string }
  | { readonly in: "other" };

export type SparkplugValue = number | bigint | string | boolean | null;

/** Whole-number datatypes: how many bits, and whether the highest is a sign. */
const whole = new Map<number, { bits: number; signed: boolean }>([
  [datatypes.Int8, { bits: 8, signed: true }],
  [datatypes.Int16, { bits: 16, signed: true }],
  [datatypes.Int32, { bits: 32, signed: true }],
  [datatypes.Int64, { bits: 64, signed: true }],
  [datatypes.UInt8, { bits: 8, signed: false }],
  [datatypes.UInt16, { bits: 16, signed: false }],
  [datatypes.UInt32, { bits: 32, signed: false }],
  [datatypes.UInt64, { bits: 64, signed: false }],
  [datatypes.DateTime, { bits: 64, signed: false }],
]);
const texts: ReadonlySet<number> = new Set([datatypes.String, datatypes.Text, datatypes.UUID]);

/** Whether values of this datatype are read at all. */
export function isKnownDatatype(datatype: number): boolean {
  if (datatype === datatypes.DataSet || datatype === datatypes.Template) return true;
  return datatype >= datatypes.Int8 && datatype <= datatypes.UUID;
}

/**
 * The value a raw protobuf field has under the datatype its birth said. Signed whole numbers travel in unsigned
 * fields as two's complement; one beyond 2^53 comes back as bigint. `undefined` = the field does not fit the datatype.
 */
export function readValue(datatype: number, raw: RawValue): Exclude<SparkplugValue, null> | undefined {
  const kind = whole.get(datatype);
  if (kind !== undefined) {
    // Encoders differ in which of the two fields holds a UInt32; both mean the same.
    if (raw.in !== "int" && raw.in !== "long") return undefined;
    if (raw.in === "int" && kind.bits <= 32) {
      const shift = 32 - kind.bits;
      return kind.signed ? (raw.value << shift) >> shift : (raw.value << shift) >>> shift;
    }
    const bits = BigInt(raw.value);
    const value = kind.signed ? BigInt.asIntN(kind.bits, bits) : BigInt.asUintN(kind.bits, bits);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (datatype === datatypes.Float || datatype === datatypes.Double) {
    if (raw.in === "float") return shortest(raw.value);
    return raw.in === "double" ? raw.value : undefined;
  }
  if (datatype === datatypes.Boolean) return raw.in === "boolean" ? raw.value : undefined;
  if (datatype === datatypes.DataSet) return raw.in === "dataset" ? raw.text : undefined;
  return texts.has(datatype) && raw.in === "string" ? raw.value : undefined;
}

/** The shortest decimal that is this single-precision number: 0.1 sent as float is 0.1, not 0.10000000149. */
function shortest(single: number): number {
  if (!Number.isFinite(single) || Number.isInteger(single)) return single;
  for (let digits = 6; digits < 9; digits++) {
    const decimal = Number(single.toPrecision(digits));
    if (Math.fround(decimal) === single) return decimal;
  }
  return single;
}

/**
 * Why a value may not be written to a metric of this datatype, in one sentence; null when it may.
 */
export function whyNotWritable(datatype: number, value: number | string | boolean): string | null {
  const kind = whole.get(datatype);
  if (kind !== undefined) {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return "the metric takes whole numbers";
    const span = 2 ** (kind.signed ? kind.bits - 1 : kind.bits);
    const fits = value >= (kind.signed ? -span : 0) && value < span;
    return fits ? null : `the value does not fit ${kind.bits} bits`;
  }
  if (datatype === datatypes.Float || datatype === datatypes.Double) {
    return typeof value === "number" && Number.isFinite(value) ? null : "the metric takes numbers";
  }
  if (datatype === datatypes.Boolean)
    return typeof value === "boolean" ? null : "the metric takes true or false";
  if (texts.has(datatype)) return typeof value === "string" ? null : "the metric takes text";
  return "values of the metric's datatype cannot be written";
}

/** Sparkplug's `Quality` property (0 bad, 192 good, 500 stale; the OPC bands between); left out means good. */
export function readQuality(code: number | undefined): Quality {
  if (code === undefined) return quality.good;
  if (code === 500) return quality.stale;
  if (code >= 192 && code < 256) return quality.good;
  return code >= 64 && code < 128 ? quality.uncertain : quality.bad;
}
