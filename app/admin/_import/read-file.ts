import { toCsv } from "#server/core/csv.rules.ts";
import type { ImportFile, ImportTrial, RowProblem } from "#server/execution/imports/imports.contract.ts";
import { problemColumn } from "#server/execution/imports/cells.rules.ts";

/** Largest file that fits into a request: a workbook grows by a third on its way. */
export const mostFileBytes = 5.5 * 1024 * 1024;

/**
 * What the server takes of a file: the text of a CSV, which spreadsheets still write in Windows-1252 as often as in
 * UTF-8, or the bytes of a workbook as base64.
 */
export async function readFile(
  file: Blob & { readonly name: string },
): Promise<Pick<ImportFile, "format" | "data">> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  // A workbook is a ZIP, whatever it is called.
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return { format: "xlsx", data: base64Of(bytes) };
  return { format: "csv", data: textOf(bytes) };
}

function textOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Arguments of one call: more of them than this overflow its stack. */
const portion = 32_768;

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += portion) {
    binary += String.fromCharCode(...bytes.subarray(at, at + portion));
  }
  return btoa(binary);
}

/**
 * The wrong rows as a file to be put right, each with what is wrong with it, divided as the file was: a comma may
 * be a decimal point in it. The reader does not mind the column of problems.
 */
export function wrongRowsCsv(trial: ImportTrial, words: (problem: RowProblem) => string): string {
  return toCsv(
    [...trial.head, problemColumn],
    trial.wrongRows.map(({ line, cells }) => [
      ...trial.head.map((_name, i) => cells[i] ?? ""),
      trial.problems
        .filter((problem) => problem.line === line)
        .map(words)
        .join(" "),
    ]),
    trial.mark,
  );
}
