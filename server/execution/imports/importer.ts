import { setImmediate as breathe } from "node:timers/promises";
import type { z } from "zod";
import type { CommandContext } from "#server/core/command.ts";
import type { CsvCell } from "#server/core/csv.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { RowProblem } from "./imports.contract.ts";
import { type Column, headingOf, problemOf, readRow, type ReadRow, twiceIn } from "./rows.rules.ts";
import type { Table } from "./table.ts";

export type Outcome = "added" | "changed" | "same";

export interface Stored {
  readonly outcomes: readonly Outcome[];
  readonly problems: readonly RowProblem[];
}

/** How one kind of file is read and stored. */
export interface ImporterDefinition<V> {
  readonly columns: readonly Column[];
  readonly schema: z.ZodType<V>;
  readonly maxRows: number;
  /** One row as a template shows it, in the order of the columns. */
  readonly example: readonly CsvCell[];
  /** What stands once in a file: all rows that repeat it are wrong. */
  readonly once: readonly { readonly column: string; readonly of: (values: V) => readonly string[] }[];
  /** Rows with the same text in this column are one thing, stored together or not at all. */
  readonly together?: string;
  /** What is wrong between the rows. */
  readonly check?: (rows: readonly ReadRow<V>[]) => RowProblem[];
  readonly store: (
    context: CommandContext,
    rows: readonly ReadRow<V>[],
    sourceId: number | undefined,
  ) => Promise<Stored>;
}

export interface Importer {
  readonly columns: readonly Column[];
  readonly example: readonly CsvCell[];
  /** Stores the good rows. @throws Refusal where the file as a whole cannot be read */
  run(context: CommandContext, table: Table, sourceId: number | undefined): Promise<Stored>;
}

/** Rows read between two breaths, so that a large file does not hold up the plant's data. */
const stride = 1000;

export function defineImporter<V>(definition: ImporterDefinition<V>): Importer {
  const { columns, schema, maxRows, example, once, together, check, store } = definition;
  return {
    columns,
    example,
    async run(context, table, sourceId) {
      if (table.rows.length > maxRows) throw new Refusal("too_many_rows", { limit: maxRows });
      const heading = headingOf(table.head, columns);
      const read: ReadRow<V>[] = [];
      const problems: RowProblem[] = [];
      for (const [i, row] of table.rows.entries()) {
        const one = readRow(row, heading, schema, table);
        if ("row" in one) read.push(one.row);
        else problems.push(...one.problems);
        if (i % stride === 0) await breathe();
      }
      for (const { column, of } of once) problems.push(...twiceIn(read, of, column));
      problems.push(...(check?.(read) ?? []));
      if (together !== undefined) {
        const at = heading.findIndex((column) => column?.name === together);
        problems.push(...leftAlone(table, at, problems));
      }
      const wrong = new Set(problems.map(({ line }) => line));
      const good = read.filter(({ line }) => !wrong.has(line));
      const stored = await store(context, good, sourceId);
      return { outcomes: stored.outcomes, problems: [...problems, ...stored.problems] };
    },
  };
}

/** Good rows whose thing has a wrong row too. */
function leftAlone(table: Table, at: number, problems: readonly RowProblem[]): RowProblem[] {
  const wrong = new Set(problems.map(({ line }) => line));
  const byText = new Map<string, number>();
  for (const { line, cells } of table.rows) if (wrong.has(line)) byText.set(cells[at] ?? "", line);
  return table.rows.flatMap(({ line, cells }) => {
    const other = byText.get(cells[at] ?? "");
    if (wrong.has(line) || other === undefined) return [];
    return [{ line, column: null, code: "belongs_together" as const, params: { line: other } }];
  });
}

/** Thrown by a store that knows which row of a thing is the wrong one; the others are told that they wait for it. */
class WrongRow extends Error {
  readonly at: number;
  readonly refusal: Refusal;

  constructor(at: number, refusal: Refusal) {
    super(refusal.code);
    this.at = at;
    this.refusal = refusal;
  }
}

/** Does the work of one row of a thing. `columns`: which column each field of its commands stands in. @throws WrongRow */
export async function ofRow<T>(
  at: number,
  columns: Readonly<Record<string, string>>,
  work: () => Promise<T> | T,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, params, field } = error;
    throw new WrongRow(
      at,
      new Refusal(code, params, field === undefined ? undefined : (columns[field] ?? field)),
    );
  }
}

function problemsOf(lines: readonly number[], error: unknown): RowProblem[] {
  if (error instanceof Refusal) return lines.map((line) => problemOf(line, error));
  if (!(error instanceof WrongRow)) throw error;
  const wrong = lines[error.at] ?? 0;
  return lines.map((line) =>
    line === wrong
      ? problemOf(line, error.refusal)
      : { line, column: null, code: "belongs_together", params: { line: wrong } },
  );
}

/**
 * Stores row by row with the commands that a form uses, each thing in a savepoint of its own. `lines`: where the rows of
 * a thing stand.
 */
export function oneByOne<V, S>(
  prepare: (context: CommandContext) => Promise<S>,
  store: (
    context: CommandContext,
    rows: readonly V[],
    known: S,
    lines: readonly number[],
  ) => Promise<Outcome>,
  thing: (values: V, i: number) => string = (_values, i) => String(i),
): ImporterDefinition<V>["store"] {
  return async (context, rows) => {
    const known = await prepare(context);
    const things = new Map<string, ReadRow<V>[]>();
    for (const [i, row] of rows.entries()) {
      const key = thing(row.values, i);
      things.set(key, [...(things.get(key) ?? []), row]);
    }
    const outcomes: Outcome[] = [];
    let problems: RowProblem[] = [];
    let left = [...things.values()];
    // What stands in the way of one row may be moved by a later one: an early shift that ends later, a late one too.
    for (let moved = true; moved && left.length > 0;) {
      moved = false;
      problems = [];
      const refused: ReadRow<V>[][] = [];
      for (const own of left) {
        try {
          const values = own.map((row) => row.values);
          const lines = own.map(({ line }) => line);
          const outcome = await inSavepoint(context, (inner) => store(inner, values, known, lines));
          outcomes.push(...own.map(() => outcome));
          if (outcome !== "same") moved = true;
        } catch (error) {
          const lines = own.map(({ line }) => line);
          problems.push(...problemsOf(lines, error));
          refused.push(own);
        }
      }
      left = refused;
    }
    return { outcomes, problems };
  };
}

/** What is refused leaves nothing behind, in the tables or in the record. */
async function inSavepoint<T>(
  context: CommandContext,
  work: (inner: CommandContext) => Promise<T>,
): Promise<T> {
  const records: (() => void)[] = [];
  const result = await context.tx.transaction((tx) =>
    work({
      ...context,
      tx,
      audit: (entry) => records.push(() => context.audit(entry)),
      publish: (kind, scope, data) => records.push(() => context.publish(kind, scope, data)),
    }),
  );
  for (const record of records) record();
  return result;
}
