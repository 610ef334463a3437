import type { Message } from "protobufjs";
import { type Long, payloadType, type WireMetric, type WirePayload, type WireProperties } from "./schema.ts";
import { countField, readTemplate, structureLimits } from "./structures.ts";
import { dataSetText } from "./data-set.ts";
import { datatypes, type RawValue, type SparkplugValue } from "./values.ts";

/** What one payload may hold. Whatever exceeds it is refused whole, before it can cost memory or time. */
export const payloadLimits = {
  bytes: 256 * 1024,
  /** Members of templates included. */
  metrics: 10_000,
  stringLength: 4096,
  properties: 64,
} as const;

/** The payload cannot be taken; the message says why in one sentence. */
export class PayloadError extends Error {
  override readonly name = "PayloadError";
}

/** A template as a metric's value: a definition (what a kind of thing looks like), or an instance with its members. */
export interface DecodedTemplate {
  readonly isDefinition: boolean;
  /** Name of the definition that an instance follows. */
  readonly ref?: string;
  readonly members: readonly DecodedMetric[];
}

export interface DecodedMetric {
  readonly name?: string;
  /** uint64: a bigint beyond 2^53. */
  readonly alias?: number | bigint;
  /** When the value was captured, ms. */
  readonly timestamp?: number;
  readonly datatype?: number;
  readonly isHistorical: boolean;
  readonly isTransient: boolean;
  readonly isNull: boolean;
  readonly raw: RawValue | null;
  readonly template?: DecodedTemplate;
  /** Property `Quality`: 0 bad, 192 good, 500 stale. */
  readonly quality?: number;
  /** Property `engUnit`, the common name for the engineering unit. */
  readonly unit?: string;
}

export interface DecodedPayload {
  readonly timestamp?: number;
  readonly seq?: number;
  readonly metrics: readonly DecodedMetric[];
}

/** A metric to be sent. Births give name, alias and datatype; data gives the alias alone. */
export interface MetricToSend {
  readonly name?: string;
  readonly alias?: number | bigint;
  readonly timestamp: number;
  readonly datatype: number;
  /** Data normally leaves the datatype out; births and commands say it. */
  readonly sayDatatype?: boolean;
  readonly value: SparkplugValue;
  readonly isHistorical?: boolean;
  readonly quality?: number;
  readonly unit?: string;
}

export interface PayloadToSend {
  readonly timestamp: number;
  readonly seq?: number;
  readonly metrics: readonly MetricToSend[];
}

function toBigInt(long: Long): bigint {
  return (BigInt(long.high >>> 0) << 32n) | BigInt(long.low >>> 0);
}

/** @throws PayloadError when a uint64 that should be small is not. */
function toNumber(long: Long, what: string): number {
  const value = (long.high >>> 0) * 4_294_967_296 + (long.low >>> 0);
  if (!Number.isSafeInteger(value)) throw new PayloadError(`${what} is beyond 2^53`);
  return value;
}

/** Aliases may be any uint64, also one made of a hash. */
function toAlias(long: Long): number | bigint {
  const value = toBigInt(long);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function checkText(text: string, what: string): string {
  if (text.length > payloadLimits.stringLength) {
    throw new PayloadError(`${what} has ${text.length} characters, at most ${payloadLimits.stringLength}`);
  }
  return text;
}

function rawValue(metric: WireMetric): RawValue | null {
  switch (metric.value) {
    case undefined:
      return null;
    case "intValue":
      return { in: "int", value: (metric.intValue ?? 0) >>> 0 };
    case "longValue":
      return metric.longValue === undefined ? null : { in: "long", value: toBigInt(metric.longValue) };
    case "floatValue":
      return { in: "float", value: metric.floatValue ?? 0 };
    case "doubleValue":
      return { in: "double", value: metric.doubleValue ?? 0 };
    case "booleanValue":
      return { in: "boolean", value: metric.booleanValue === true };
    case "stringValue":
      return { in: "string", value: checkText(metric.stringValue ?? "", "a text value") };
    case "datasetValue":
      return dataSetText(metric.datasetValue ?? new Uint8Array());
    default:
      return { in: "other" };
  }
}

/** Members that may still come, of one payload. */
interface Budget {
  metrics: number;
}

function spend(budget: Budget, count: number): void {
  budget.metrics -= count;
  if (budget.metrics >= 0) return;
  const found = payloadLimits.metrics - budget.metrics;
  throw new PayloadError(`the payload has ${found} metrics, at most ${payloadLimits.metrics}`);
}

function decodeTemplate(bytes: Uint8Array, budget: Budget, depth: number): DecodedTemplate {
  if (depth > structureLimits.depth) {
    throw new PayloadError(`templates lie more than ${structureLimits.depth} deep in each other`);
  }
  spend(budget, countField(bytes, 2));
  const { metrics = [], templateRef, isDefinition } = readTemplate(bytes);
  return {
    isDefinition: isDefinition === true,
    ...(templateRef !== undefined &&
      templateRef !== "" && { ref: checkText(templateRef, "a template's name") }),
    members: metrics.map((member) => decodeMetric(member, budget, depth)),
  };
}

function readProperties(properties: WireProperties): { quality?: number; unit?: string } {
  if (properties.keys.length !== properties.values.length) {
    throw new PayloadError("a property set has not as many values as keys");
  }
  if (properties.keys.length > payloadLimits.properties) {
    throw new PayloadError(`a property set has more than ${payloadLimits.properties} properties`);
  }
  const read: { quality?: number; unit?: string } = {};
  for (const [i, key] of properties.keys.entries()) {
    const value = properties.values[i];
    if (value === undefined) continue;
    if (key === "Quality" && Object.hasOwn(value, "intValue")) read.quality = (value.intValue ?? 0) | 0;
    if (key === "engUnit" && Object.hasOwn(value, "stringValue")) {
      read.unit = checkText(value.stringValue ?? "", "a unit");
    }
  }
  return read;
}

function decodeMetric(metric: WireMetric, budget: Budget, depth: number): DecodedMetric {
  const has = (field: keyof WireMetric): boolean => Object.hasOwn(metric, field);
  return {
    ...(has("name") && { name: checkText(metric.name ?? "", "a metric's name") }),
    ...(metric.alias && has("alias") && { alias: toAlias(metric.alias) }),
    ...(metric.timestamp &&
      has("timestamp") && { timestamp: toNumber(metric.timestamp, "a metric's timestamp") }),
    ...(has("datatype") && { datatype: metric.datatype ?? 0 }),
    isHistorical: metric.isHistorical === true,
    isTransient: metric.isTransient === true,
    isNull: metric.isNull === true,
    raw: rawValue(metric),
    ...(metric.value === "templateValue" && {
      template: decodeTemplate(metric.templateValue ?? new Uint8Array(), budget, depth + 1),
    }),
    ...(metric.properties && has("properties") && readProperties(metric.properties)),
  };
}

/** Reads a payload. @throws PayloadError with one clear sentence; nothing else is ever thrown. */
export function decodePayload(bytes: Uint8Array): DecodedPayload {
  if (bytes.length > payloadLimits.bytes) {
    throw new PayloadError(`the payload has ${bytes.length} bytes, at most ${payloadLimits.bytes}`);
  }
  try {
    const budget = { metrics: payloadLimits.metrics };
    spend(budget, countField(bytes, 2));
    const decoded: Message & Partial<WirePayload> = payloadType.decode(bytes);
    return {
      ...(decoded.timestamp &&
        Object.hasOwn(decoded, "timestamp") && {
          timestamp: toNumber(decoded.timestamp, "the payload's timestamp"),
        }),
      ...(decoded.seq && Object.hasOwn(decoded, "seq") && { seq: toNumber(decoded.seq, "seq") }),
      metrics: (decoded.metrics ?? []).map((metric) => decodeMetric(metric, budget, 0)),
    };
  } catch (error) {
    if (error instanceof PayloadError) throw error;
    throw new PayloadError(
      `not a Sparkplug B payload: ${error instanceof Error ? error.message : "unreadable"}`,
    );
  }
}

/** The protobuf field a value of this datatype travels in. Negative whole numbers go as two's complement. */
function valueField(datatype: number, value: SparkplugValue): Record<string, unknown> {
  if (value === null) return { isNull: true };
  if (typeof value === "boolean") return { booleanValue: value };
  if (typeof value === "string") return { stringValue: value };
  if (datatype === datatypes.Float) return { floatValue: Number(value) };
  if (datatype === datatypes.Double) return { doubleValue: Number(value) };
  const wide =
    datatype === datatypes.Int64 || datatype === datatypes.UInt64 || datatype === datatypes.DateTime;
  return wide ? { longValue: long(BigInt(value)) } : { intValue: Number(value) >>> 0 };
}

/** The shape protobufjs takes for 64 bits; two's complement for negative ones. */
function long(value: bigint): { low: number; high: number; unsigned: boolean } {
  const bits = BigInt.asUintN(64, value);
  return { low: Number(bits & 0xffff_ffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: true };
}

function properties(metric: MetricToSend): { keys: string[]; values: object[] } | undefined {
  const keys: string[] = [];
  const values: object[] = [];
  if (metric.quality !== undefined) {
    keys.push("Quality");
    values.push({ type: datatypes.Int32, intValue: metric.quality });
  }
  if (metric.unit !== undefined) {
    keys.push("engUnit");
    values.push({ type: datatypes.String, stringValue: metric.unit });
  }
  return keys.length === 0 ? undefined : { keys, values };
}

/** Writes a payload: births, data and commands of host and edge node alike. */
export function encodePayload(payload: PayloadToSend): Uint8Array {
  const metrics = payload.metrics.map((metric) => ({
    ...(metric.name !== undefined && { name: metric.name }),
    ...(metric.alias !== undefined && { alias: long(BigInt(metric.alias)) }),
    timestamp: long(BigInt(Math.round(metric.timestamp))),
    ...(metric.sayDatatype === true && { datatype: metric.datatype }),
    ...(metric.isHistorical === true && { isHistorical: true }),
    properties: properties(metric),
    ...valueField(metric.datatype, metric.value),
  }));
  const message = {
    timestamp: long(BigInt(Math.round(payload.timestamp))),
    metrics,
    ...(payload.seq !== undefined && { seq: long(BigInt(payload.seq)) }),
  };
  return payloadType.encode(message).finish();
}
