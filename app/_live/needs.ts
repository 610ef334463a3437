import type { Watch } from "#server/realtime/protocol.contract.ts";

/** What one part of a screen wants to hear about. */
export interface Need {
  readonly scopes?: readonly string[];
  readonly tags?: readonly number[];
}

/** Counts who needs what, so that one `watch` can name the union of all parts of the screen. */
export class Needs {
  readonly #scopes = new Map<string, number>();
  readonly #tags = new Map<number, number>();

  /** @returns a function that gives the need up again */
  add(need: Need): () => void {
    for (const scope of need.scopes ?? []) count(this.#scopes, scope, 1);
    for (const tag of need.tags ?? []) count(this.#tags, tag, 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      for (const scope of need.scopes ?? []) count(this.#scopes, scope, -1);
      for (const tag of need.tags ?? []) count(this.#tags, tag, -1);
    };
  }

  watch(hz: number): Watch {
    return {
      scopes: [...this.#scopes.keys()].toSorted(),
      tags: [...this.#tags.keys()].toSorted((a, b) => a - b),
      hz,
    };
  }
}

function count<K>(map: Map<K, number>, key: K, by: number): void {
  const n = (map.get(key) ?? 0) + by;
  if (n > 0) map.set(key, n);
  else map.delete(key);
}
