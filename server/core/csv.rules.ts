export type CsvCell = string | number | boolean | null | undefined;

/**
 * RFC 4180 text with a byte order mark, so that spreadsheets read UTF-8. A text that a spreadsheet would run as
 * a formula gets an apostrophe in front; numbers stay numbers, negative ones too.
 * @param mark what divides the cells
 */
export function toCsv(
  head: readonly string[],
  rows: readonly (readonly CsvCell[])[],
  mark: "," | ";" | "\t" = ",",
): string {
  const quoted = mark === "," ? /[",\r\n]/ : /[",;\t\r\n]/;
  return `\uFEFF${[head, ...rows].map((row) => row.map((one) => cell(one, quoted)).join(mark)).join("\r\n")}\r\n`;
}

// A text that begins with apostrophes itself gets one more, so that taking one away gives back what stood there.
const dangerous = /^'*[=+\-@\t\r]/;
const guarded = /^'+[=+\-@\t\r]/;

function cell(value: CsvCell, quoted: RegExp): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  if (typeof value === "boolean") return value ? "true" : "false";
  const text = dangerous.test(value) ? `'${value}` : value;
  return quoted.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Takes away the apostrophe that `toCsv` put before a text which looks like a formula. */
export function unguarded(text: string): string {
  return guarded.test(text) ? text.slice(1) : text;
}
