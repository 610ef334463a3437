import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { CsvError, parse } from "csv-parse/sync";

/** The recording cannot be played; the message says why in one sentence, without the path of the edge's folder. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}

/** A row of the file, or why it is none. */
export interface FileRow {
  /** Line of the file; the first is 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** What is wrong with the row itself, e.g. a quote that is never closed. */
  readonly wrong: string | null;
}

/** Longest row, characters. */
const maxRow = 256 * 1024;
/** Unreadable rows one after another: beyond, the file is no CSV, and nobody reads ten thousand complaints. */
const maxWrong = 1000;

/**
 * Opens `file` below `folder`, and only there: no link on the way, nothing but a plain file.
 * @throws RecordingError
 */
export async function openRecording(folder: string, file: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    const root = await realpath(folder);
    const wanted = join(root, ...file.split("/"));
    if (!wanted.startsWith(root + sep) || (await realpath(wanted)) !== wanted) {
      throw new RecordingError(`${file} lies behind a link or outside the folder of recordings`);
    }
    handle = await open(wanted, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOENT") throw new RecordingError(`there is no recording ${file}`);
    throw new RecordingError(`the recording ${file} cannot be read (${String(code)})`);
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new RecordingError(`${file} is no plain file`);
}

/**
 * The rows from the first line on, as a stream: no more of the file is in memory than the reader takes. A row is a
 * line: a quote that is never closed costs its own row and not those after it.
 * @throws RecordingError when it is no CSV at all
 */
export async function* rowsOf(handle: FileHandle, delimiter: string): AsyncGenerator<FileRow> {
  let line = 0;
  let wrongInSuccession = 0;
  for await (const text of linesOf(handle)) {
    line += 1;
    if (text === "") continue;
    const row = readLine(text, line, delimiter);
    wrongInSuccession = row.wrong === null ? 0 : wrongInSuccession + 1;
    if (wrongInSuccession > maxWrong) {
      throw new RecordingError(`more than ${maxWrong} rows in succession are unreadable: no CSV`);
    }
    yield row;
  }
}

function readLine(text: string, line: number, delimiter: string): FileRow {
  if (text.length > maxRow) {
    return { line, cells: [text.slice(0, 1024)], wrong: `the row has more than ${maxRow} characters` };
  }
  if (!text.includes('"')) return { line, cells: text.split(delimiter), wrong: null };
  try {
    const [cells = []] = parse(text, { delimiter, relax_column_count: true });
    return { line, cells, wrong: null };
  } catch (error) {
    const wrong = error instanceof CsvError ? error.code : "unreadable";
    return { line, cells: [text.slice(0, 1024)], wrong: `quotes are wrong (${wrong})` };
  }
}

/** Lines without their ends; of one that is too long no more than shows that it is. */
async function* linesOf(handle: FileHandle): AsyncGenerator<string> {
  const file = handle.createReadStream({ autoClose: false, start: 0, encoding: "utf8" });
  let rest = "";
  let first = true;
  try {
    for await (const chunk of file as AsyncIterable<string>) {
      const lines = (first && chunk.startsWith("\uFEFF") ? chunk.slice(1) : chunk).split("\n");
      first = false;
      lines[0] = rest + (lines[0] ?? "");
      rest = (lines.pop() ?? "").slice(0, maxRow + 1);
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    if (rest !== "") yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
  } finally {
    file.destroy();
  }
}
