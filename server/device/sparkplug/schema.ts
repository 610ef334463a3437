import { Field, OneOf, Root, Type } from "protobufjs";

/**
 * The schema of Sparkplug B (sparkplug_b.proto), built here so that no schema is ever read from outside. Data sets,
 * templates, extensions and nested property sets stay bytes: no message is nested deeper than these four types, and
 * `structures.ts` opens the first two level by level.
 */
const propertyValue = new Type("PropertyValue")
  .add(new Field("type", 1, "uint32"))
  .add(new Field("isNull", 2, "bool"))
  .add(new Field("intValue", 3, "uint32"))
  .add(new Field("longValue", 4, "uint64"))
  .add(new Field("floatValue", 5, "float"))
  .add(new Field("doubleValue", 6, "double"))
  .add(new Field("booleanValue", 7, "bool"))
  .add(new Field("stringValue", 8, "string"));
const propertySet = new Type("PropertySet")
  .add(new Field("keys", 1, "string", "repeated"))
  .add(new Field("values", 2, "PropertyValue", "repeated"));
export const metricType = new Type("Metric")
  .add(new Field("name", 1, "string"))
  .add(new Field("alias", 2, "uint64"))
  .add(new Field("timestamp", 3, "uint64"))
  .add(new Field("datatype", 4, "uint32"))
  .add(new Field("isHistorical", 5, "bool"))
  .add(new Field("isTransient", 6, "bool"))
  .add(new Field("isNull", 7, "bool"))
  .add(new Field("properties", 9, "PropertySet"))
  .add(new Field("intValue", 10, "uint32"))
  .add(new Field("longValue", 11, "uint64"))
  .add(new Field("floatValue", 12, "float"))
  .add(new Field("doubleValue", 13, "double"))
  .add(new Field("booleanValue", 14, "bool"))
  .add(new Field("stringValue", 15, "string"))
  .add(new Field("bytesValue", 16, "bytes"))
  .add(new Field("datasetValue", 17, "bytes"))
  .add(new Field("templateValue", 18, "bytes"))
  .add(new Field("extensionValue", 19, "bytes"))
  .add(
    new OneOf("value", [
      "intValue",
      "longValue",
      "floatValue",
      "doubleValue",
      "booleanValue",
      "stringValue",
      "bytesValue",
      "datasetValue",
      "templateValue",
      "extensionValue",
    ]),
  );
export const payloadType = new Type("Payload")
  .add(new Field("timestamp", 1, "uint64"))
  .add(new Field("metrics", 2, "Metric", "repeated"))
  .add(new Field("seq", 3, "uint64"))
  .add(new Field("uuid", 4, "string"))
  .add(new Field("body", 5, "bytes"));
new Root().add(payloadType).add(metricType).add(propertySet).add(propertyValue);

/** 64 bits as protobufjs hands them over. */
export interface Long {
  readonly low: number;
  readonly high: number;
}

/** Fields as protobufjs hands them over; a field that was not sent is not an own property. */
export interface WireValueFields {
  intValue?: number;
  longValue?: Long;
  floatValue?: number;
  doubleValue?: number;
  booleanValue?: boolean;
  stringValue?: string;
}
export interface WireProperties {
  keys: string[];
  values: WireValueFields[];
}
export interface WireMetric extends WireValueFields {
  name?: string;
  alias?: Long;
  timestamp?: Long;
  datatype?: number;
  isHistorical?: boolean;
  isTransient?: boolean;
  isNull?: boolean;
  properties?: WireProperties;
  datasetValue?: Uint8Array;
  templateValue?: Uint8Array;
  value?: string;
}
export interface WirePayload {
  timestamp?: Long;
  metrics: WireMetric[];
  seq?: Long;
}
