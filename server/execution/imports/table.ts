import { setImmediate as breathe } from "node:timers/promises";
import { parse } from "csv-parse";
import { unguarded } from "#server/core/csv.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { type CsvMark, importLimits, importMarks } from "./imports.contract.ts";
import { readXlsx } from "./xlsx.ts";

/** A row of a file; `line` as a spreadsheet counts, the heading being the first of them. */
export interface TableRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A file as text: every cell trimmed, rows without any text left out. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly TableRow[];
  /** What divided its cells; a workbook is as if it were commas. */
  readonly mark: CsvMark;
  /** Numbers may have a comma for a point: nothing else in this file is one. */
  readonly decimalComma: boolean;
}

/** Characters the reader takes at once, so that whoever reads a large file does not stop the plant's data. */
const portion = 64 * 1024;

/**
 * Reads a table. @throws Refusal file_unreadable, file_empty, too_many_rows, too_many_columns
 * @param data the text of a CSV, or an XLSX as base64
 */
export async function readTable(format: "csv" | "xlsx", data: string): Promise<Table> {
  if (format === "xlsx") {
    const rows = await readXlsx(Buffer.from(data, "base64"));
    return tableOf(rows, 1, ",");
  }
  const text = data.replace(/^\uFEFF/, "");
  // Excel's own first line, where somebody told it which character divides the cells.
  const said = /^sep=([,;\t])\r?\n/i.exec(text);
  const body = said === null ? text : text.slice(said[0].length);
  const mark = (said?.[1] as CsvMark | undefined) ?? markOf(body);
  return tableOf(await readCsv(body, mark), said === null ? 1 : 2, mark);
}

/** The one of `,` `;` tab that stands most often in the heading, outside quotes. */
function markOf(text: string): CsvMark {
  const heading = /^\s*((?:"(?:[^"]|"")*"|[^"\r\n])*)/.exec(text)?.[1] ?? "";
  const bare = heading.replaceAll(/"(?:[^"]|"")*"/g, "");
  const count = (mark: string) => bare.split(mark).length;
  return importMarks.reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

async function readCsv(text: string, delimiter: string): Promise<string[][]> {
  const parser = parse({
    delimiter,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    max_record_size: 1_000_000,
  });
  const rows: string[][] = [];
  let failed: Error | null = null;
  parser.on("error", (error) => (failed = error));
  parser.on("data", (row: string[]) => rows.push(row));
  const ended = new Promise<void>((resolve) => {
    parser.once("end", resolve);
    parser.once("error", () => resolve());
  });
  for (let at = 0; at < text.length && failed === null; at += portion) {
    parser.write(text.slice(at, at + portion));
    await breathe();
    if (rows.length > importLimits.rows * 2) throw new Refusal("too_many_rows", { limit: importLimits.rows });
  }
  parser.end();
  await ended;
  if (failed !== null) throw new Refusal("file_unreadable", { line: rows.length + 1 });
  return rows;
}

function tableOf(all: readonly (readonly string[])[], first: number, mark: CsvMark): Table {
  const filled = all
    .map((cells, i) => ({ line: first + i, cells: cells.map((cell) => unguarded(cell.trim())) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""));
  const [heading, ...rows] = filled;
  if (heading === undefined || rows.length === 0) throw new Refusal("file_empty");
  const width = heading.cells.findLastIndex((cell) => cell !== "") + 1;
  if (width > importLimits.columns) throw new Refusal("too_many_columns", { limit: importLimits.columns });
  if (rows.length > importLimits.rows) throw new Refusal("too_many_rows", { limit: importLimits.rows });
  return { head: heading.cells.slice(0, width), rows, mark, decimalComma: mark !== "," };
}
