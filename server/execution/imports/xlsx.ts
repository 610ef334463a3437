import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import { readSheet } from "read-excel-file/node";
import { Refusal } from "#server/core/refusal.contract.ts";

/** Most bytes of all parts of a workbook once unpacked. */
const mostUnpacked = 64 * 1024 * 1024;
const inflate = promisify(inflateRaw);

/**
 * The first sheet of an XLSX as text, whatever language the spreadsheet speaks: numbers with a point, dates as
 * `2026-11-30`, times as `06:00`, both as `2026-11-30 06:00`. @throws Refusal file_unreadable, too_large
 */
export async function readXlsx(bytes: Buffer): Promise<string[][]> {
  await refuseBomb(bytes);
  let rows: readonly (readonly unknown[])[];
  try {
    rows = await readSheet(bytes);
  } catch {
    throw unreadable();
  }
  return rows.map((row) => row.map(textOf));
}

const unreadable = () => new Refusal("file_unreadable", { line: 1 });

function textOf(cell: unknown): string {
  if (cell instanceof Date) return dateText(cell);
  // A spreadsheet shows 15 digits; what a double holds beyond is noise.
  if (typeof cell === "number") return String(Number(cell.toPrecision(15)));
  return typeof cell === "string" || typeof cell === "boolean" ? String(cell) : "";
}

/** A cell that holds a time of day only is a part of the spreadsheet's first day. */
function dateText(date: Date): string {
  // What a spreadsheet stores as 0.58333 is 14:00, give or take the last bit.
  const at = new Date(Math.round(date.getTime() / 1000) * 1000).toISOString();
  const [day, time] = [at.slice(0, 10), at.slice(11, 16)];
  if (date.getTime() < Date.UTC(1900, 0, 2)) return time;
  return time === "00:00" ? day : `${day} ${time}`;
}

/**
 * A few kilobytes of ZIP can unpack to gigabytes. Every part is unpacked here once, within bounds, before the
 * reader (which has none) sees it; parts must follow one another without a gap, as that reader finds them so.
 */
async function refuseBomb(bytes: Buffer): Promise<void> {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 20 > bytes.length) throw unreadable();
  const parts = bytes.readUInt16LE(end + 10);
  const directory = bytes.readUInt32LE(end + 16);
  const entries: { at: number; method: number; packed: number }[] = [];
  let left = mostUnpacked;
  try {
    for (let i = 0, at = directory; i < parts; i++) {
      if (bytes.readUInt32LE(at) !== 0x02014b50) throw unreadable();
      entries.push({
        method: bytes.readUInt16LE(at + 10),
        packed: bytes.readUInt32LE(at + 20),
        at: bytes.readUInt32LE(at + 42),
      });
      at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    }
    entries.sort((a, b) => a.at - b.at);
    for (const [i, { at, method, packed }] of entries.entries()) {
      const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
      const next = entries[i + 1]?.at ?? directory;
      // Behind a part there may be its size once more, 24 bytes at most.
      if ((i === 0 && at !== 0) || start + packed > next || next - start - packed > 24) throw unreadable();
      const data = bytes.subarray(start, start + packed);
      const size =
        method === 0 ? packed : (await inflate(data, { maxOutputLength: Math.max(left, 1) })).byteLength;
      left -= size;
      if (left < 0) throw new Refusal("too_large", { limit: mostUnpacked / 1024 / 1024, unit: "MB" });
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ERR_BUFFER_TOO_LARGE")
      throw new Refusal("too_large", { limit: mostUnpacked / 1024 / 1024, unit: "MB" });
    throw unreadable();
  }
}
