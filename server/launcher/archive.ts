import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { Problem } from "./problem.ts";
import { writePrivate } from "./secrets.ts";

/**
 * A backup is a folder: `manifest.json`, its hash in `manifest.sha256`, one gzipped COPY text per table in
 * `tables/`, and, when asked for, the secrets.
 */
export const Manifest = z.strictObject({
  format: z.literal(1),
  madeAt: z.iso.datetime(),
  /** Of the program that made it. */
  version: z.string(),
  postgres: z.string(),
  kind: z.enum(["demo", "plant"]),
  migrations: z.array(z.strictObject({ name: z.string(), hash: z.string() })),
  partitions: z.array(z.strictObject({ parent: z.string(), name: z.string(), bound: z.string() })),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      columns: z.array(z.string()),
      rows: z.number().int().nonnegative(),
      file: z.string().regex(/^tables\/[\w.-]+$/),
      sha256: z.string(),
    }),
  ),
  sequences: z.array(z.strictObject({ name: z.string(), last: z.string(), called: z.boolean() })),
  /** Null = made without them. */
  secrets: z
    .array(
      z.strictObject({ file: z.string().regex(/^(secrets|certificates)\/[\w.-]+$/), sha256: z.string() }),
    )
    .nullable(),
});
export type Manifest = z.infer<typeof Manifest>;

export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

const hashText = (text: string): string => createHash("sha256").update(text).digest("hex");

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writePrivate(join(folder, "manifest.json"), text);
  await writePrivate(join(folder, "manifest.sha256"), `${hashText(text)}\n`);
}

/** Reads a backup and proves that every byte of it is what was written. @throws Problem naming what is damaged */
export async function readArchive(folder: string): Promise<Manifest> {
  const read = (name: string) =>
    readFile(join(folder, name), "utf8").catch(() => {
      throw new Problem(`${folder} is no backup of Millwright: it has no readable ${name}.`);
    });
  const text = await read("manifest.json");
  if ((await read("manifest.sha256")).trim() !== hashText(text)) throw damaged(folder, "manifest.json");
  let manifest: Manifest;
  try {
    manifest = Manifest.parse(JSON.parse(text));
  } catch {
    throw new Problem(`The backup ${folder} was made by another release, whose format this one cannot read.`);
  }
  for (const { file, sha256 } of [...manifest.tables, ...(manifest.secrets ?? [])]) {
    const found = await hashFile(join(folder, file)).catch(() => null);
    if (found !== sha256) throw damaged(folder, file);
  }
  return manifest;
}

/**
 * Reads a backup as a restore would: every byte is what was written, every table unpacks and has its rows.
 * @throws Problem naming what is damaged
 */
export async function proveArchive(folder: string): Promise<Manifest> {
  const manifest = await readArchive(folder);
  for (const { file, rows } of manifest.tables) {
    const found = await countRows(join(folder, file)).catch(() => -1);
    if (found !== rows) throw damaged(folder, file);
  }
  return manifest;
}

async function countRows(path: string): Promise<number> {
  let rows = 0;
  const text = createReadStream(path).pipe(createGunzip());
  for await (const chunk of text as AsyncIterable<Buffer>)
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows += 1;
  return rows;
}

/** What lies on the disk is not what was written. */
export class Damaged extends Problem {}

const damaged = (folder: string, file: string): Problem =>
  new Damaged(
    `The backup ${folder} is damaged (${file} is not what was written): nothing was restored. Use another one.`,
  );

/** How long ago, in words that a person compares with "when did it break". */
export function ageInWords(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
