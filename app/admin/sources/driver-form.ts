import type { SourceDriver } from "#server/execution/sources/sources.contract.ts";
import {
  choice,
  type Config,
  type DriverForm,
  type FieldSpec,
  filled,
  type FormValues,
  list,
  number,
  said,
  text,
} from "./form-parts.ts";
import { opcUaDeep, opcUaForm } from "./opcua-form.ts";

const none = { rows: null, readRows: () => [], writeRows: () => ({}) };

const modbusRows: readonly FieldSpec[] = [
  text("metric", { required: true, example: "spindle/speed" }),
  choice("table", ["holding", "input", "coil", "discrete"]),
  number("address", "0", { required: true }),
  choice("type", ["uint16", "int16", "uint32", "int32", "float32", "uint64", "int64", "float64", "bool"]),
  choice("wordOrder", ["big", "little"]),
  number("pollMs", "1000"),
  choice("contact", ["none", "run", "pulse"]),
  number("debounceMs", "20"),
  { key: "writable", kind: "flag" },
];

const mqttRows: readonly FieldSpec[] = [
  text("filter", { required: true, example: "hall1/+/temperature" }),
  choice("payload", ["json", "number", "text", "umh"]),
  text("values", { example: "$.temperature" }),
  text("name", { example: "{2}/{key}" }),
  text("timePath", { example: "$.ts" }),
  choice("timeUnit", ["ms", "s", "us", "ns", "iso"]),
  text("unitPath", { example: "$.unit" }),
];

export const driverForms: Readonly<Record<string, DriverForm>> = {
  sparkplug: {
    fields: [
      text("group", { required: true, example: "plant" }),
      text("node", { required: true, example: "line-1" }),
      text("username"),
      { key: "password", kind: "secret" },
    ],
    ...none,
  },
  mqtt: {
    fields: [
      text("url", { example: "mqtts://broker.plant:8883" }),
      text("username"),
      text("passwordFile", { example: "broker-password" }),
      text("caFile", { example: "plant-ca.pem" }),
      choice("protocolVersion", ["3.1.1", "5"]),
    ],
    rows: mqttRows,
    readRows: (config) => list(config["mappings"]).map(readMapping),
    writeRows: (rows) => ({ mappings: rows.map(writeMapping) }),
  },
  modbus: {
    fields: [
      text("host", { required: true, example: "192.168.0.20" }),
      number("port", "502"),
      number("unit", "1"),
      number("timeoutMs", "2000"),
    ],
    rows: modbusRows,
    readRows: (config) =>
      list(config["groups"]).flatMap((group) =>
        list(group["registers"]).map((register) => readRegister(register, group["pollMs"])),
      ),
    writeRows: (rows) => ({ groups: groupsOf(rows) }),
  },
  opcua: opcUaForm,
  socketio: { fields: [], ...none },
  replay: {
    fields: [
      text("file", { required: true, example: "lathe/monday.csv" }),
      choice("time", ["iso", "ms", "s"]),
      text("zone", { example: "Europe/Berlin" }),
      choice("times", ["now", "kept"]),
      number("speed", "1"),
      number("loops", "1"),
      number("run", "1"),
    ],
    ...none,
  },
};

/** Drivers in the order in which they are offered: the most common first. */
export const choosable: readonly SourceDriver[] = [
  "opcua",
  "modbus",
  "mqtt",
  "sparkplug",
  "socketio",
  "replay",
];

/** What stands in the form for a config; a secret never does. */
export function formOf(driver: string, config: Config): { fields: FormValues; rows: FormValues[] } {
  const form = driverForms[driver];
  if (form === undefined) return { fields: {}, rows: [] };
  const fields = form.fields.map(({ key, kind, usual = "" }): [string, string] => [
    key,
    kind === "secret" ? "" : said(config[key], usual),
  ]);
  const deep = form.deep?.read(config) ?? {};
  return { fields: { ...Object.fromEntries(fields), ...deep }, rows: form.readRows(config) };
}

/** The config that a form says. What the form does not show stays as it was `before`. */
export function configOf(
  driver: string,
  values: { readonly fields: FormValues; readonly rows: readonly FormValues[] },
  before: Config = {},
): Config {
  const form = driverForms[driver];
  if (form === undefined) return before;
  const config: Record<string, unknown> = { ...before };
  for (const spec of form.fields) {
    if (form.deep !== undefined && (opcUaDeep as readonly string[]).includes(spec.key)) continue;
    const value = valueOf(spec, values.fields[spec.key] ?? "");
    if (value === undefined) delete config[spec.key];
    else config[spec.key] = value;
  }
  const deep = form.deep?.write(values.fields, before) ?? {};
  const rows = form.rows === null ? {} : form.writeRows(values.rows);
  const whole = Object.entries({ ...config, ...deep, ...rows });
  return Object.fromEntries(whole.filter(([, value]) => value !== undefined));
}

/** A row as it begins. */
export function emptyRow(driver: string): FormValues {
  const rows = driverForms[driver]?.rows ?? [];
  return Object.fromEntries(rows.map(({ key, usual = "" }) => [key, usual]));
}

/** Rows that the form cannot show whole (several groups' options, a mapping with a write): only the text can. */
export function isShownWhole(driver: string, config: Config): boolean {
  const { fields, rows } = formOf(driver, config);
  return (
    JSON.stringify(sorted(configOf(driver, { fields, rows }, config))) === JSON.stringify(sorted(config))
  );
}

function valueOf({ kind, usual }: FieldSpec, given: string): unknown {
  const trimmed = given.trim();
  if (kind === "flag") return trimmed === "true" ? true : undefined;
  if (trimmed === "") return undefined;
  if (kind === "number") return Number(trimmed.replace(",", "."));
  return kind === "choice" && trimmed === usual ? undefined : trimmed;
}

function readRegister(register: Config, pollMs: unknown): FormValues {
  const contact = (register["contact"] ?? {}) as Config;
  return {
    metric: said(register["metric"]),
    table: said(register["table"], "holding"),
    address: said(register["address"], "0"),
    type: said(register["type"], "uint16"),
    wordOrder: said(register["wordOrder"], "big"),
    pollMs: said(pollMs, "1000"),
    contact: said(contact["kind"], "none"),
    debounceMs: said(contact["debounceMs"], "20"),
    writable: said(register["writable"]),
  };
}

/** Registers that are read at the same pace make a group. */
function groupsOf(rows: readonly FormValues[]): object[] {
  const paces = [...new Set(rows.map((row) => Number(row["pollMs"])))];
  return paces.map((pollMs) => ({
    pollMs,
    registers: rows.filter((row) => Number(row["pollMs"]) === pollMs).map(writeRegister),
  }));
}

function writeRegister(row: FormValues): object {
  const { metric, table, address, type, wordOrder, contact, debounceMs, writable } = row;
  return {
    metric,
    table,
    address: Number(address),
    type,
    ...(wordOrder === "little" && { wordOrder }),
    ...(contact !== "none" &&
      contact !== undefined && { contact: { kind: contact, debounceMs: Number(debounceMs) } }),
    ...(writable === "true" && { writable: true }),
  };
}

function readMapping(mapping: Config): FormValues {
  const time = (mapping["time"] ?? {}) as Config;
  const unit = (mapping["unit"] ?? {}) as Config;
  return {
    filter: said(mapping["filter"]),
    payload: said(mapping["payload"], "json"),
    values: list(mapping["values"])
      .map((path) => said(path))
      .join(", "),
    name: said(mapping["name"]),
    timePath: said(time["path"]),
    timeUnit: said(time["unit"], "ms"),
    unitPath: said(unit["path"]),
  };
}

function writeMapping(row: FormValues): object {
  const { filter, payload, values = "", name, timePath, timeUnit, unitPath } = row;
  const paths = values.split(",").map((path) => path.trim());
  return {
    filter,
    payload,
    ...(payload === "json" && { values: paths.filter((path) => path !== "") }),
    ...(filled(name) && { name }),
    ...(payload === "json" && filled(timePath) && { time: { path: timePath, unit: timeUnit } }),
    ...(payload === "json" && filled(unitPath) && { unit: { path: unitPath } }),
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
