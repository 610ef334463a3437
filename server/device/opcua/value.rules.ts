import { type Quality, quality } from "../tag.contract.ts";
import { readableTypes } from "./opcua.contract.ts";

/** Built-in types by the number that stands on the wire (OPC UA Part 6, 5.1.2). */
export const builtIn = {
  Null: 0,
  Boolean: 1,
  SByte: 2,
  Byte: 3,
  Int16: 4,
  UInt16: 5,
  Int32: 6,
  UInt32: 7,
  Int64: 8,
  UInt64: 9,
  Float: 10,
  Double: 11,
  String: 12,
  DateTime: 13,
  Guid: 14,
  ByteString: 15,
  XmlElement: 16,
  NodeId: 17,
  ExpandedNodeId: 18,
  StatusCode: 19,
  QualifiedName: 20,
  LocalizedText: 21,
  ExtensionObject: 22,
  DataValue: 23,
  Variant: 24,
  DiagnosticInfo: 25,
} as const;

export type ReadableType = (typeof readableTypes)[number];

const names = new Map(Object.entries(builtIn).map(([name, id]) => [id as number, name]));
const readable = new Set<string>(readableTypes);

/** The type's name in the standard, e.g. `UInt16`. */
export const typeName = (id: number): string => names.get(id) ?? `type ${id}`;

export const isReadable = (name: string): name is ReadableType => readable.has(name);

/** What a variant holds: its built-in type, 0 = scalar, and the value as node-opcua gives it. */
export interface Held {
  readonly dataType: number;
  readonly arrayType: number;
  readonly value: unknown;
}

export type Meaning =
  | { readonly kind: "value"; readonly value: number | string | boolean | bigint }
  | { readonly kind: "none" }
  /** A number that is none (not-a-number, infinite): there is no value, and the machine knows. */
  | { readonly kind: "broken" }
  /** What cannot become a reading, in words. */
  | { readonly kind: "refused"; readonly what: string };

/** What a value of OPC UA means as a reading. 64-bit integers beyond 2^53 come as bigint, a DateTime as ISO text. */
export function meaningOf({ dataType, arrayType, value }: Held): Meaning {
  if (dataType === builtIn.Null || value === null || value === undefined) return { kind: "none" };
  const name = typeName(dataType);
  if (arrayType !== 0) return { kind: "refused", what: `an array of ${name}` };
  switch (dataType) {
    case builtIn.Boolean:
      return { kind: "value", value: value === true };
    case builtIn.Int64:
    case builtIn.UInt64:
      return int64(value, dataType === builtIn.Int64);
    case builtIn.String:
    case builtIn.Guid:
      return typeof value === "string" ? { kind: "value", value } : { kind: "none" };
    case builtIn.LocalizedText:
      return textOf(value);
    case builtIn.DateTime:
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? { kind: "value", value: value.toISOString() }
        : { kind: "broken" };
    case builtIn.ExtensionObject:
      return { kind: "refused", what: "a structure" };
    default:
  }
  if (typeof value !== "number" || !isReadable(name)) return { kind: "refused", what: `a ${name}` };
  return Number.isFinite(value) ? { kind: "value", value } : { kind: "broken" };
}

/** node-opcua gives 64-bit integers as [high, low], each unsigned. */
function int64(value: unknown, signed: boolean): Meaning {
  if (!Array.isArray(value) || value.length !== 2) return { kind: "broken" };
  const [high, low] = value.map((half) => BigInt.asUintN(32, BigInt(Number(half))));
  const whole = ((high ?? 0n) << 32n) | (low ?? 0n);
  const exact = signed ? BigInt.asIntN(64, whole) : whole;
  const number = Number(exact);
  return { kind: "value", value: Number.isSafeInteger(number) ? number : exact };
}

function textOf(value: unknown): Meaning {
  const text = typeof value === "object" && value !== null && "text" in value ? value.text : null;
  return typeof text === "string" ? { kind: "value", value: text } : { kind: "none" };
}

/** Somebody forced the value: it is good by the standard, but it does not come from the process. */
const goodLocalOverride = 0x0096;

/**
 * Our quality of a status code (Part 4, 7.39.1): the two highest bits say good, uncertain or bad, the lower 16 are
 * flags and say nothing of it.
 */
export function qualityOf(status: number): Quality {
  const severity = (status >>> 30) & 3;
  if (severity > 1) return quality.bad;
  if (severity === 1 || status >>> 16 === goodLocalOverride) return quality.uncertain;
  return quality.good;
}

/**
 * Values before this one were thrown away because the server's queue was full: the overflow bit, which means that
 * only where the flags are those of a data value (Part 4, 7.39.1, table of the info bits).
 */
export const overflowed = (status: number): boolean => (status & 0xc00) === 0x400 && (status & 0x80) !== 0;

/** Smallest and largest whole number of a type. */
const limits: Readonly<Partial<Record<string, readonly [bigint, bigint]>>> = {
  SByte: [-128n, 127n],
  Byte: [0n, 255n],
  Int16: [-32_768n, 32_767n],
  UInt16: [0n, 65_535n],
  Int32: [-2_147_483_648n, 2_147_483_647n],
  UInt32: [0n, 4_294_967_295n],
  Int64: [-(2n ** 63n), 2n ** 63n - 1n],
  UInt64: [0n, 2n ** 64n - 1n],
};

/** Why a value cannot be written to a node of this type; null when it fits exactly. */
export function whyNotFitting(value: number | string | boolean, type: string): string | null {
  if (typeof value === "number" && !Number.isFinite(value)) return "the value is not a finite number";
  if (type === "Boolean") return typeof value === "boolean" ? null : "the node takes true or false only";
  if (type === "String") return typeof value === "string" ? null : "the node takes a text";
  if (typeof value !== "number") return `the node takes a number (${type})`;
  if (type === "Double") return null;
  if (type === "Float")
    return Number.isFinite(Math.fround(value)) ? null : "the value is too large for a Float";
  const range = limits[type];
  if (range === undefined) return `nothing is written to a node of type ${type}`;
  if (!Number.isSafeInteger(value)) return `the node takes whole numbers (${type}), and ${value} is none`;
  const whole = BigInt(value);
  return whole < range[0] || whole > range[1] ? `${value} does not fit into the node's ${type}` : null;
}

/** What became of a write, by the status that the server gave it. */
export type Outcome = "accepted" | "refused" | "unknown";

const goodClamped = 0x0030;
/** Codes that say that nothing was changed (Part 4, 5.11.4.4 and 7.39.2), upper 16 bits. */
const untouched: ReadonlySet<number> = new Set([
  0x800b, // BadServiceUnsupported
  0x800f, // BadNothingToDo
  0x8010, // BadTooManyOperations
  0x8013, // BadSecurityChecksFailed
  0x801f, // BadUserAccessDenied
  0x8025, // BadSessionIdInvalid
  0x8026, // BadSessionClosed
  0x8027, // BadSessionNotActivated
  0x8033, // BadNodeIdInvalid
  0x8034, // BadNodeIdUnknown
  0x8035, // BadAttributeIdInvalid
  0x8036, // BadIndexRangeInvalid
  0x8037, // BadIndexRangeNoData
  0x803b, // BadNotWritable
  0x803c, // BadOutOfRange
  0x803d, // BadNotSupported
  0x8073, // BadWriteNotSupported
  0x8074, // BadTypeMismatch
  0x8075, // BadMethodInvalid
  0x8076, // BadArgumentsMissing
  0x80ab, // BadInvalidArgument
  0x80e5, // BadTooManyArguments
  0x80e6, // BadSecurityModeInsufficient
  0x8111, // BadNotExecutable
]);

/**
 * Good = the server took it (also GoodCompletesAsynchronously: whether the machine obeys, its echo shows). A code
 * that proves that nothing was done is a refusal; after any other one nobody knows.
 */
export function outcomeOf(status: number): Outcome {
  const code = status >>> 16;
  if (status >>> 30 === 0) return code === goodClamped ? "unknown" : "accepted";
  return untouched.has(code) ? "refused" : "unknown";
}
