import { Field, Reader, Root, Type } from "protobufjs";
import { type Long, metricType, type WireMetric, type WireValueFields } from "./schema.ts";

/** What the structured values of one payload may hold. */
export const structureLimits = {
  /** Template in template in … */
  depth: 4,
  columns: 64,
  rows: 1000,
  /** Characters of a data set written as text, as of any other text value. */
  textLength: 4096,
} as const;

/** A data set holds more, or other, than it may; the message says what. */
export class StructureError extends Error {
  override readonly name = "StructureError";
}

const templateType = new Type("Template")
  .add(new Field("version", 1, "string"))
  .add(new Field("metrics", 2, "Metric", "repeated"))
  .add(new Field("templateRef", 4, "string"))
  .add(new Field("isDefinition", 5, "bool"));
const cellType = new Type("DataSetValue")
  .add(new Field("intValue", 1, "uint32"))
  .add(new Field("longValue", 2, "uint64"))
  .add(new Field("floatValue", 3, "float"))
  .add(new Field("doubleValue", 4, "double"))
  .add(new Field("booleanValue", 5, "bool"))
  .add(new Field("stringValue", 6, "string"));
const rowType = new Type("Row").add(new Field("elements", 1, "DataSetValue", "repeated"));
const dataSetType = new Type("DataSet")
  .add(new Field("numOfColumns", 1, "uint64"))
  .add(new Field("columns", 2, "string", "repeated"))
  .add(new Field("types", 3, "uint32", "repeated"))
  .add(new Field("rows", 4, "Row", "repeated"));
metricType.root.add(templateType);
new Root().add(dataSetType).add(rowType).add(cellType);

export interface WireTemplate {
  readonly metrics?: readonly WireMetric[];
  readonly templateRef?: string;
  readonly isDefinition?: boolean;
}

/** One level of a template; the templates among its members stay bytes. */
export function readTemplate(bytes: Uint8Array): WireTemplate {
  return templateType.decode(bytes) as WireTemplate;
}

/** Counts a message's field without making any, so that 100,000 empty ones cost nothing. */
export function countField(bytes: Uint8Array, field: number): number {
  const reader = Reader.create(bytes);
  let count = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === field) count += 1;
    reader.skipType(tag & 7, 0, tag >>> 3);
  }
  return count;
}

/** A data set as it came: what its cells mean says the datatype of their column. */
export interface WireDataSet {
  readonly columns: readonly string[];
  readonly types: readonly number[];
  readonly rows: readonly (readonly WireValueFields[])[];
}

/** @throws StructureError when it is too large or contradicts itself. */
export function readDataSet(bytes: Uint8Array): WireDataSet {
  const rowCount = countField(bytes, 4);
  if (rowCount > structureLimits.rows) {
    throw new StructureError(`the data set has ${rowCount} rows, at most ${structureLimits.rows}`);
  }
  if (countField(bytes, 2) > structureLimits.columns) {
    throw new StructureError(`the data set has more than ${structureLimits.columns} columns`);
  }
  const set = dataSetType.decode(bytes) as {
    numOfColumns?: Long;
    columns?: string[];
    types?: number[];
    rows?: { elements?: WireValueFields[] }[];
  };
  const { columns = [], types = [] } = set;
  const said = set.numOfColumns === undefined ? columns.length : set.numOfColumns.low >>> 0;
  if (said !== columns.length || types.length !== columns.length) {
    throw new StructureError("the data set has not as many columns, names and types as it says");
  }
  const rows = (set.rows ?? []).map(({ elements = [] }) => elements);
  if (rows.some((row) => row.length !== columns.length)) {
    throw new StructureError("a row of the data set has not as many values as there are columns");
  }
  return { columns, types, rows };
}
