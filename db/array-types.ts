/**
 * Arrays of the built-in types. The driver would ask the catalogue for them on each new connection, in a promise
 * nobody awaits: a backend that dies at that moment would end the process.
 */
const elementOf = new Map<number, { element: number; parse: (text: string) => unknown }>([
  [1000, { element: 16, parse: (text) => text === "t" }],
  [1005, { element: 21, parse: Number }],
  [1007, { element: 23, parse: Number }],
  [1016, { element: 20, parse: String }],
  [1021, { element: 700, parse: Number }],
  [1022, { element: 701, parse: Number }],
  [1231, { element: 1700, parse: String }],
  [1009, { element: 25, parse: String }],
  [1015, { element: 1043, parse: String }],
  [2951, { element: 2950, parse: String }],
  [1115, { element: 1114, parse: String }],
  [1182, { element: 1082, parse: String }],
  [1185, { element: 1184, parse: String }],
  [3807, { element: 3802, parse: (text) => JSON.parse(text) as unknown }],
]);

interface DriverOptions {
  readonly parsers: Record<number, (text: string) => unknown>;
  readonly serializers: Record<number, (value: unknown) => unknown>;
  readonly shared: { readonly typeArrayMap: Record<number, number> };
}

/** Teaches a pool these types. */
export function addArrayTypes(options: DriverOptions): void {
  for (const [oid, { element, parse }] of elementOf) {
    options.shared.typeArrayMap[element] = oid;
    options.parsers[oid] = (text) => parseArray(text, parse);
    options.serializers[oid] = formatArray;
  }
}

/** Parses Postgres' text form of an array, of any depth; `NULL` becomes null. */
export function parseArray(text: string, parse: (text: string) => unknown): unknown[] {
  let at = text.indexOf("{");
  function list(): unknown[] {
    const items: unknown[] = [];
    at += 1;
    while (text[at] !== "}") {
      if (text[at] === ",") at += 1;
      if (text[at] === "{") items.push(list());
      else if (text[at] === '"') items.push(parse(quoted()));
      else items.push(bare());
      if (at >= text.length) throw new Error("an array without end");
    }
    at += 1;
    return items;
  }
  function quoted(): string {
    let value = "";
    for (at += 1; text[at] !== '"'; at += 1) {
      if (text[at] === "\\") at += 1;
      value += text[at] ?? "";
      if (at >= text.length) throw new Error("a text without end");
    }
    at += 1;
    return value;
  }
  function bare(): unknown {
    const end = text.slice(at).search(/[,}]/) + at;
    const value = text.slice(at, end);
    at = end;
    return value === "NULL" ? null : parse(value);
  }
  return list();
}

/** Text that is an array literal already passes as it is. */
export function formatArray(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const items = value.map((item: unknown) => {
    if (item === null || item === undefined) return "NULL";
    if (Array.isArray(item)) return formatArray(item);
    const text = elementText(item);
    return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  });
  return `{${items.join(",")}}`;
}

function elementText(item: unknown): string {
  if (item instanceof Date) return item.toISOString();
  return typeof item === "object" ? JSON.stringify(item) : `${item as string | number | bigint | boolean}`;
}
