import { MemoryLevel } from "memory-level";
import type { Level, StoreOperation } from "../queue-store.ts";

/**
 * A disk that keeps what was synced, and of what was only written as much as chance wants when the power fails: each
 * write whole, and none without those before it, as LevelDB's log has it.
 */
export class SimulatedDisk {
  readonly #synced = new Map<string, Uint8Array>();
  #unsynced: (readonly StoreOperation[])[] = [];

  /** What the queue opens in place of LevelDB. */
  level(): Level {
    const memory = new MemoryLevel<string, Uint8Array>({ keyEncoding: "utf8", valueEncoding: "view" });
    const write = memory.batch.bind(memory) as (
      operations: StoreOperation[],
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
      batch: async (operations: StoreOperation[], options: { sync: boolean }) => {
        await write(operations, options);
        this.#unsynced.push(operations.map((one) => ({ ...one })));
        if (options.sync) this.#keep(this.#unsynced.length);
      },
      compactRange: async () => undefined,
    }) as unknown as Level;
  }

  /** The power fails. @param share of the writes since the last sync that reached the disk */
  fail(share: number): void {
    this.#keep(Math.round(this.#unsynced.length * share));
    this.#unsynced = [];
  }

  #keep(count: number): void {
    for (const operations of this.#unsynced.splice(0, count))
      for (const one of operations)
        if (one.type === "put") this.#synced.set(one.key, Uint8Array.from(one.value));
        else this.#synced.delete(one.key);
  }
}
