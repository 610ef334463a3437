import { createServer, type Server as HttpServer } from "node:http";
import { generateKeyPairSync, sign } from "node:crypto";
import { Server, type Socket } from "socket.io";
import { systemClock } from "#server/core/clock.ts";
import { type Block, decodeBlock } from "../block.ts";
import type { EdgeDocument } from "../document.contract.ts";
import { epochKey } from "../queue-keys.ts";
import {
  type Actuation,
  type ActuationAnswer,
  type BlockAnswer,
  type EdgeEvent,
  type EdgeHealth,
  EdgeHello,
  type EdgeToServer,
  ingestNamespace,
  type ProbeAnswer,
  type ProbeAsk,
  type SeenValue,
  type ServerToEdge,
  type StreamCursor,
  StreamGap,
  type UnknownMetric,
} from "../uplink.contract.ts";

type EdgeSocket = Socket<EdgeToServer, ServerToEdge>;

export interface TakenReading {
  readonly key: string;
  readonly seq: number;
  readonly tagId: number;
  readonly sourceTime: number;
  readonly num: number;
  readonly txt: string | null;
  readonly quality: number;
  readonly historical: boolean;
  readonly dead: string | null;
}

/**
 * The other end of the wire, speaking the uplink's contract over a real socket: it takes a block once, asks for holes
 * that no gap explains, and can be unplugged, be busy, or forget (as after a restore).
 */
export class FakeServer {
  readonly #keys = generateKeyPairSync("ed25519");
  readonly publicKey = this.#keys.publicKey.export({ type: "spki", format: "pem" }).toString();
  readonly cursors = new Map<string, StreamCursor>();
  readonly readings: TakenReading[] = [];
  readonly events: EdgeEvent[] = [];
  readonly unknown: UnknownMetric[] = [];
  readonly hellos: EdgeHello[] = [];
  readonly gaps: StreamGap[] = [];
  /** Blocks that came again or asked for something else than "taken". */
  readonly answers: BlockAnswer["result"][] = [];
  token = "secret";
  turnedAway = 0;
  health: EdgeHealth | null = null;
  /** Answers instead of the ordinary one; "silent" = none at all. */
  instead: (block: Block) => BlockAnswer | "silent" | null = () => null;
  document: EdgeDocument | null = null;
  port = 0;
  #http: HttpServer | null = null;
  #io: Server<EdgeToServer, ServerToEdge> | null = null;
  #socket: EdgeSocket | null = null;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get online(): boolean {
    return this.#socket?.connected ?? false;
  }

  async plug(): Promise<void> {
    this.#http = createServer();
    this.#io = new Server(this.#http, { transports: ["websocket"], pingInterval: 5000, pingTimeout: 5000 });
    this.#io.of(ingestNamespace).use((socket, next) => {
      const hello = EdgeHello.safeParse(socket.handshake.auth);
      if (!hello.success || hello.data.token !== this.token) {
        this.turnedAway++;
        return next(new Error("unauthorised"));
      }
      this.hellos.push(hello.data);
      next();
    });
    this.#io.of(ingestNamespace).on("connection", (socket) => this.#connected(socket));
    await new Promise<void>((resolve) => this.#http?.listen(this.port, "127.0.0.1", resolve));
    const address = this.#http.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
  }

  /** Nobody listens any more; every link is cut. */
  async unplug(): Promise<void> {
    this.#socket = null;
    await this.#io?.close();
  }

  send(document: EdgeDocument): void {
    this.document = document;
    const body = JSON.stringify(document);
    const signature = sign(null, Buffer.from(body), this.#keys.privateKey).toString("base64");
    this.#socket?.emit("document", { body, signature });
  }

  /** As after a restore from a backup: what came after it is forgotten, and asked for again. */
  restore(keep: (reading: TakenReading) => boolean): void {
    const kept = this.readings.filter(keep);
    this.readings.splice(0, Infinity, ...kept);
    for (const [key, cursor] of this.cursors) {
      if (cursor.kind === "events") continue;
      const last = kept.filter((r) => r.key === key).at(-1)?.seq ?? 0;
      this.cursors.set(key, { ...cursor, acked: last });
    }
    this.#socket?.emit("rewind", [...this.cursors.values()]);
  }

  actuate(actuation: Actuation): Promise<ActuationAnswer> {
    if (this.#socket === null) throw new Error("no edge");
    return this.#socket.timeout(5000).emitWithAck("actuate", actuation);
  }

  probe(ask: ProbeAsk): Promise<ProbeAnswer> {
    if (this.#socket === null) throw new Error("no edge");
    return this.#socket.timeout(20_000).emitWithAck("probe", ask);
  }

  peek(sourceId: number): Promise<readonly SeenValue[]> {
    if (this.#socket === null) throw new Error("no edge");
    return this.#socket.timeout(5000).emitWithAck("peek", { sourceId });
  }

  /** Values of a tag in the order of their source times, dead letters left out. */
  values(tagId: number): number[] {
    const mine = this.readings.filter((r) => r.tagId === tagId && r.dead === null);
    return mine.toSorted((a, b) => a.sourceTime - b.sourceTime).map((r) => r.num);
  }

  #connected(socket: EdgeSocket): void {
    this.#socket = socket;
    socket.emit("welcome", { now: systemClock.now(), cursors: [...this.cursors.values()] });
    if (this.document !== null) this.send(this.document);
    socket.on("block", (frame, answer) => {
      const block = decodeBlock(frame);
      const said = this.instead(block) ?? this.#take(block);
      if (said === "silent") return;
      this.answers.push(said.result);
      answer(said);
    });
    socket.on("unknown_metrics", (metrics, answer) => {
      this.unknown.push(...metrics);
      answer();
    });
    socket.on("health", (health) => (this.health = health));
  }

  #take(block: Block): BlockAnswer {
    const { kind, lane, epoch, first, count, historical } = block.header;
    const key = epochKey({ kind, lane, epoch });
    const acked = this.cursors.get(key)?.acked ?? 0;
    const last = first + count - 1;
    if (last <= acked) return { result: "acked", acked };
    // A gap explains a hole as soon as it is told, also from a block that cannot be taken yet.
    if (block.kind === "events") {
      for (const event of block.events) {
        const gap = StreamGap.safeParse(event.data);
        if (event.kind === "gap" && gap.success) this.gaps.push(gap.data);
      }
    }
    let from = acked + 1;
    for (;;) {
      const gap = this.gaps.find((g) => epochKey(g.stream) === key && g.from <= from && g.to >= from);
      if (gap === undefined) break;
      from = gap.to + 1;
    }
    if (first > from) return { result: "expect", seq: from };
    const skip = Math.max(0, acked + 1 - first);
    if (block.kind === "events") this.events.push(...block.events.slice(skip));
    else {
      const { tagIds, sourceTs, num, txt, quality } = block.columns;
      const dead = new Map(block.dead.map((d) => [d.seq, d.reason]));
      for (let i = skip; i < count; i++) {
        this.readings.push({
          key,
          seq: first + i,
          tagId: tagIds[i] ?? 0,
          sourceTime: sourceTs[i] ?? 0,
          num: num[i] ?? Number.NaN,
          txt: txt[i] ?? null,
          quality: quality[i] ?? 0,
          historical,
          dead: dead.get(first + i) ?? null,
        });
      }
    }
    this.cursors.set(key, { kind, lane, epoch, acked: last });
    return { result: "acked", acked: last };
  }
}
