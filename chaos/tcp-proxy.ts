import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "#server/core/clock.ts";
import type { Random } from "#server/device/simulator/physics/random.ts";

/** Which way bytes go: `up` from who connected to the target, `down` back. */
export type Way = "up" | "down";

/** What the wire does to what passes; nothing = a good wire. */
export interface Wire {
  /** Each chunk waits so long, ms, plus up to `jitterMs`; the order stays as TCP keeps it. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** Bits a second each way. */
  readonly bitsPerSecond?: number;
  /** Swallows what goes these ways and says nothing: no FIN, no RST. */
  readonly silent?: readonly Way[];
  /** Chance that a chunk ends its connection with a reset, in the middle of it. */
  readonly cut?: number;
  /** Chance that one bit of a chunk is turned over. */
  readonly corrupt?: number;
  /** Nobody comes in: connections are reset at once. */
  readonly refuse?: boolean;
}

interface Pair {
  readonly client: Socket;
  readonly target: Socket;
}

/** A TCP wire on a loopback port that can be made as bad as wires are. Chance comes from the run's seed. */
export class FaultProxy {
  wire: Wire = {};
  /** How often each thing was done, so that a run can show that its fault took place. */
  readonly done = { connections: 0, resets: 0, corrupted: 0, swallowed: 0 };
  readonly #pairs = new Set<Pair>();
  readonly #server: Server;
  readonly #parts: { readonly clock: Clock; readonly random: Random; readonly target: number };

  private constructor(parts: { clock: Clock; random: Random; target: number }) {
    this.#parts = parts;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
  }

  /** Listens on a free loopback port and leads to the port `target`. */
  static async open(parts: { clock: Clock; random: Random; target: number }): Promise<FaultProxy> {
    const proxy = new FaultProxy(parts);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Ends every connection with a reset, now. */
  reset(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }

  async close(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket): void {
    this.done.connections++;
    if (this.wire.refuse === true) {
      client.on("error", () => undefined);
      client.resetAndDestroy();
      return;
    }
    const target = connect({ port: this.#parts.target, host: "127.0.0.1", allowHalfOpen: true });
    const pair = { client, target };
    this.#pairs.add(pair);
    this.#pump(pair, client, target, "up");
    this.#pump(pair, target, client, "down");
  }

  #pump(pair: Pair, from: Socket, to: Socket, way: Way): void {
    let last = Promise.resolve();
    const next = (act: () => Promise<void>): void => {
      last = last.then(act);
    };
    from.on("data", (chunk: Buffer) => {
      from.pause();
      next(async () => {
        await this.#carry(pair, to, way, chunk);
        from.resume();
      });
    });
    from.on("end", () =>
      next(async () => {
        if (!this.#isSilent(way)) to.end();
      }),
    );
    const over = (): void => {
      if (!this.#isSilent(way)) this.#end(pair);
    };
    from.on("error", over);
    from.on("close", () => {
      if (this.#isSilent(way)) return;
      next(async () => {
        this.#pairs.delete(pair);
        to.destroySoon();
      });
    });
  }

  async #carry(pair: Pair, to: Socket, way: Way, chunk: Buffer): Promise<void> {
    const { clock, random } = this.#parts;
    const { delayMs = 0, jitterMs = 0, bitsPerSecond, cut = 0, corrupt = 0 } = this.wire;
    const waitMs =
      delayMs +
      random.next() * jitterMs +
      (bitsPerSecond === undefined ? 0 : (chunk.length * 8000) / bitsPerSecond);
    if (waitMs > 0) await clock.sleep(waitMs);
    if (this.#isSilent(way)) {
      this.done.swallowed += chunk.length;
      return;
    }
    if (to.destroyed) return;
    if (random.next() < cut) {
      to.write(chunk.subarray(0, Math.floor(random.next() * chunk.length)));
      this.#end(pair);
      return;
    }
    if (random.next() < corrupt) {
      const place = Math.floor(random.next() * chunk.length);
      chunk[place] = (chunk[place] ?? 0) ^ (1 << Math.floor(random.next() * 8));
      this.done.corrupted++;
    }
    if (!to.write(chunk)) await Promise.race([once(to, "drain"), once(to, "close")]).catch(() => undefined);
  }

  #isSilent(way: Way): boolean {
    return this.wire.silent?.includes(way) === true;
  }

  #end(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    this.done.resets++;
    for (const socket of [pair.client, pair.target]) {
      socket.on("error", () => undefined);
      socket.resetAndDestroy();
    }
  }
}
