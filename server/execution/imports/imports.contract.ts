import { z } from "zod";
import type { Action } from "#server/core/access.rules.ts";
import { rowId } from "#server/core/number.contract.ts";
import { refusalCodes } from "#server/core/refusal.contract.ts";

/** What a file may hold, in the order in which one needs the other. */
export const importKinds = [
  "plant",
  "machines",
  "tags",
  "products",
  "routings",
  "bills",
  "tools",
  "shifts",
  "reasons",
  "people",
  "skills",
  "orders",
  "stations",
] as const;
export const ImportKind = z.enum(importKinds);
export type ImportKind = z.infer<typeof ImportKind>;

/** Who may bring in what: the same who may type it in. */
export const importAction: Readonly<Record<ImportKind, Action>> = {
  plant: "plant.manage",
  machines: "plant.manage",
  tags: "tag.manage",
  products: "product.manage",
  routings: "product.manage",
  bills: "product.manage",
  tools: "product.manage",
  shifts: "plant.manage",
  reasons: "plant.manage",
  people: "people.manage",
  skills: "people.manage",
  orders: "order.manage",
  stations: "station.manage",
};

/** Most bytes of a request that carries a file: some 60,000 tags as CSV. */
export const importBytes = 8 * 1024 * 1024;
/** Most rows, columns and characters a cell of a file. */
export const importLimits = { rows: 100_000, columns: 100, cell: 10_000, problems: 500 } as const;

/** What may divide the cells of a CSV. */
export const importMarks = [",", ";", "\t"] as const;
export type CsvMark = (typeof importMarks)[number];

/** A file as a browser read it. `sourceId`: the source whose tags it holds. */
export const ImportFile = z.object({
  kind: ImportKind,
  sourceId: rowId().optional(),
  format: z.enum(["csv", "xlsx"]),
  /** Text of a CSV, base64 of an XLSX. */
  data: z.string().max(importBytes),
});
export type ImportFile = z.infer<typeof ImportFile>;

/** `skipWrong`: the good rows are stored although others are wrong; otherwise it is all of them or none. */
export const RunImport = ImportFile.extend({ skipWrong: z.boolean().default(false) });
export type RunImport = z.infer<typeof RunImport>;

/** Why a row is not stored. `line` as a spreadsheet counts rows, the heading being the first; `column` null = the row as a whole. */
export const RowProblem = z.object({
  line: z.number().int(),
  column: z.string().nullable(),
  code: z.enum(refusalCodes),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type RowProblem = z.infer<typeof RowProblem>;

/** What a file did, or would do. `same` = stood there already. */
export const ImportAnswer = z.object({
  rows: z.number().int(),
  added: z.number().int(),
  changed: z.number().int(),
  same: z.number().int(),
  wrong: z.number().int(),
  /** At most 500, in the order of the file. */
  problems: z.array(RowProblem),
});
export type ImportAnswer = z.infer<typeof ImportAnswer>;

/** What a file would do, with the wrong rows as they stand in it, to be handed back. A PIN is left out. */
export const ImportTrial = ImportAnswer.extend({
  head: z.array(z.string()),
  mark: z.enum(importMarks),
  wrongRows: z.array(z.object({ line: z.number().int(), cells: z.array(z.string()) })),
});
export type ImportTrial = z.infer<typeof ImportTrial>;

/** A file for the person, RFC 4180. */
export const CsvFile = z.object({ name: z.string(), csv: z.string() });
