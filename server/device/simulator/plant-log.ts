import { closeSync, openSync, writeSync } from "node:fs";
import type { PlantLogEntry, PlantWrite } from "./faults.contract.ts";

/** Entries kept in memory for `GET /log`; the file has them all. */
const maxEntries = 100_000;

const maxWrites = 10_000;

type Entry = Omit<PlantLogEntry, "n">;

/** The plant's own record of every reading it sent and every write it got: what a checker compares the database with. */
export class PlantLog {
  readonly #entries: PlantLogEntry[] = [];
  readonly #writes: PlantWrite[] = [];
  readonly #file: number | null;
  #n = 0;

  /** @throws when the file cannot be opened for appending. */
  constructor(path: string | undefined) {
    this.#file = path === undefined ? null : openSync(path, "a", 0o600);
  }

  add(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const numbered = entries.map((entry): PlantLogEntry => ({ n: (this.#n += 1), ...entry }));
    this.#entries.push(...numbered);
    if (this.#entries.length > maxEntries) this.#entries.splice(0, this.#entries.length - maxEntries);
    // Written before the next reading is sent, so that a killed plant has logged what it said.
    if (this.#file !== null) {
      writeSync(this.#file, numbered.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    }
  }

  /** Up to `limit` entries after number `n`. */
  after(n: number, limit: number): readonly PlantLogEntry[] {
    const first = this.#entries[0]?.n ?? 1;
    const from = Math.max(0, n + 1 - first);
    return this.#entries.slice(from, from + limit);
  }

  /** Notes what somebody wanted of a machine, and what it did about it. */
  noteWrite(write: PlantWrite): void {
    this.#writes.push(write);
    if (this.#writes.length > maxWrites) this.#writes.shift();
  }

  get writes(): readonly PlantWrite[] {
    return this.#writes;
  }

  get count(): number {
    return this.#n;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}
