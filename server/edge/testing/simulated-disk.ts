import { MemoryLevel } from "memory-level";
import type { JsonLevel } from "../actuation-store.ts";
import type { Level } from "../queue-store.ts";

type Operation = { readonly type: "put" | "del"; readonly key: string; readonly value?: unknown };

/**
 * A disk that keeps what was synced, and of what was only written as much as chance wants when the power fails: each
 * write whole, and none without those before it, as LevelDB's log has it.
 */
export class SimulatedDisk {
  readonly #synced = new Map<string, unknown>();
  #unsynced: (readonly Operation[])[] = [];
  /** It takes no write, as a full or broken one. */
  failing = false;

  /** What the queue opens in place of LevelDB. */
  level(): Level {
    return this.#level("view") as Level;
  }

  /** What the store of actuations opens in place of LevelDB. */
  json(): JsonLevel {
    return this.#level("json") as JsonLevel;
  }

  #level(valueEncoding: "view" | "json"): unknown {
    const memory = new MemoryLevel<string, unknown>({ keyEncoding: "utf8", valueEncoding });
    const write = memory.batch.bind(memory) as (
      operations: Operation[],
      options: { sync: boolean },
    ) => Promise<void>;
    const open = memory.open.bind(memory);
    return Object.assign(memory, {
      open: async () => {
        await open();
        const all = [...this.#synced].map(([key, value]) => ({ type: "put" as const, key, value }));
        await write(all, { sync: false });
        for (const operations of this.#unsynced) await write([...operations], { sync: false });
      },
      batch: async (operations: Operation[], options: { sync: boolean }) => {
        if (this.failing) throw new Error("No space left on device");
        await write(operations, options);
        this.#unsynced.push(operations.map((one) => ({ ...one })));
        if (options.sync) this.#keep(this.#unsynced.length);
      },
      compactRange: async () => undefined,
    });
  }

  /** The power fails. @param share of the writes since the last sync that reached the disk */
  fail(share: number): void {
    this.#keep(Math.round(this.#unsynced.length * share));
    this.#unsynced = [];
  }

  #keep(count: number): void {
    for (const operations of this.#unsynced.splice(0, count))
      for (const one of operations)
        if (one.type === "put") this.#synced.set(one.key, structuredClone(one.value));
        else this.#synced.delete(one.key);
  }
}
