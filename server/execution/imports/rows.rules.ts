import type { z } from "zod";
import { Refusal, type RefusalCode, type RefusalParams } from "#server/core/refusal.contract.ts";
import { problemColumn, type ReadCell } from "./cells.rules.ts";
import { importLimits, type RowProblem } from "./imports.contract.ts";

/** A column of a kind of file. */
export interface Column {
  readonly name: string;
  readonly read: ReadCell;
  /** The file must have it, and no cell may be empty. */
  readonly needed?: boolean;
  /** Never given back, told or hashed: a PIN. */
  readonly secret?: boolean;
}

/** A row that could be read. A field is undefined where the file lacks the column, null where the cell is empty. */
export interface ReadRow<V> {
  readonly line: number;
  readonly values: V;
}

/** Which column of the kind each cell of a row belongs to; null = it says what was wrong with the row, and nothing else. */
export type Heading = readonly (Column | null)[];

const plain = (name: string) => name.toLowerCase().replaceAll(/[\s_-]/g, "");

/** Finds the columns by their names. @throws Refusal column_unknown, column_twice, column_missing */
export function headingOf(head: readonly string[], columns: readonly Column[]): Heading {
  const known = columns.map(({ name }) => name).join(", ");
  const found = head.map((name) => {
    if (plain(name) === problemColumn) return null;
    const column = columns.find((one) => plain(one.name) === plain(name));
    if (column === undefined) throw new Refusal("column_unknown", { name, known });
    return column;
  });
  const twice = found.find((column, i) => column !== null && found.indexOf(column) !== i);
  if (twice != null) throw new Refusal("column_twice", { name: twice.name });
  const missing = columns.find((column) => column.needed === true && !found.includes(column));
  if (missing !== undefined) throw new Refusal("column_missing", { name: missing.name });
  return found;
}

export const problemOf = (line: number, refusal: Refusal, column: string | null = null): RowProblem => ({
  line,
  column: column ?? refusal.field ?? null,
  code: refusal.code,
  params: { ...refusal.params },
});

/** Reads the cells of a row: its values, or everything that is wrong with them. */
export function readRow<V>(
  row: { readonly line: number; readonly cells: readonly string[] },
  heading: Heading,
  schema: z.ZodType<V>,
  file: { readonly decimalComma: boolean },
): { readonly row: ReadRow<V> } | { readonly problems: RowProblem[] } {
  const { line, cells } = row;
  const problems: RowProblem[] = [];
  const wrong = (column: Column | null, code: RefusalCode, params: RefusalParams = {}) =>
    // What stood in a secret cell is told to nobody.
    problems.push(
      problemOf(line, new Refusal(code, column?.secret === true ? {} : params), column?.name ?? null),
    );
  if (cells.slice(heading.length).some((cell) => cell !== "")) {
    wrong(null, "cells_too_many", { columns: heading.length });
  }
  const values: Record<string, unknown> = {};
  for (const [i, column] of heading.entries()) {
    if (column === null) continue;
    const text = cells[i] ?? "";
    if (text === "") {
      values[column.name] = null;
      if (column.needed === true) wrong(column, "cell_needed");
    } else if (text.length > importLimits.cell) {
      wrong(column, "cell_too_long", { limit: importLimits.cell });
    } else {
      try {
        values[column.name] = column.read(text, file);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        wrong(column, error.code, error.params);
      }
    }
  }
  if (problems.length > 0) return { problems };
  const parsed = schema.safeParse(values);
  if (parsed.success) return { row: { line, values: parsed.data } };
  for (const issue of parsed.error.issues) {
    const i = heading.findIndex((one) => one?.name === issue.path[0]);
    const column = heading[i] ?? null;
    const [code, params] = sentenceOf(issue, cells[i] ?? "");
    wrong(column, code, params);
  }
  return { problems };
}

/** What zod found, as a sentence of the plant. */
function sentenceOf(issue: z.core.$ZodIssue, value: string): [RefusalCode, RefusalParams] {
  switch (issue.code) {
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? ["cell_needed", {}]
        : ["number_too_small", { limit: Number(issue.minimum) }];
    case "too_big":
      return issue.origin === "string" || issue.origin === "array"
        ? ["cell_too_long", { limit: Number(issue.maximum) }]
        : ["number_too_large", { limit: Number(issue.maximum) }];
    case "invalid_value":
      return ["not_one_of", { value, known: issue.values.map(String).join(", ") }];
    case "invalid_format":
      return ["code_malformed", { value }];
    case "invalid_type":
      return issue.expected === "int" ? ["not_a_number", { value }] : ["invalid", { problem: issue.message }];
    default:
      return ["invalid", { problem: issue.message }];
  }
}

/**
 * Rows that say the same thing twice: which of them is meant nobody can know, so each names another one.
 * @param keys what each row says that may stand once
 */
export function twiceIn<V>(
  rows: readonly ReadRow<V>[],
  keys: (values: V) => readonly string[],
  column: string,
): RowProblem[] {
  const groups = new Map<string, number[]>();
  for (const { line, values } of rows) {
    for (const key of keys(values)) {
      const lines = groups.get(key);
      if (lines === undefined) groups.set(key, [line]);
      else lines.push(line);
    }
  }
  return [...groups.values()]
    .filter((lines) => lines.length > 1)
    .flatMap((lines) =>
      lines.map((line) => ({
        line,
        column,
        code: "row_twice" as const,
        params: { line: (line === lines[0] ? lines[1] : lines[0]) ?? 0 },
      })),
    );
}

/** Rows of one thing that say different things of it: the later ones differ from the first. */
export function differing<V extends object>(
  rows: readonly ReadRow<V>[],
  thing: (values: V) => string,
  fields: readonly (keyof V & string)[],
): RowProblem[] {
  const first = new Map<string, ReadRow<V>>();
  return rows.flatMap((row) => {
    const one = first.get(thing(row.values));
    if (one === undefined) {
      first.set(thing(row.values), row);
      return [];
    }
    return fields
      .filter((field) => row.values[field] !== one.values[field])
      .map((column) => ({
        line: row.line,
        column,
        code: "cell_differs" as const,
        params: { line: one.line },
      }));
  });
}
