import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { io } from "socket.io-client";
import { edge } from "#db/schema/edge/edge.ts";
import { newToken, tokenHash } from "#server/core/tokens.ts";
import type { Random } from "#server/device/simulator/physics/random.ts";
import { createDevice } from "#server/device/socketio/client-example.ts";
import type { WireValue } from "#server/device/socketio/wire.contract.ts";
import {
  block,
  deliver,
  type EdgeClient,
  randomEpoch,
  send,
} from "#server/execution/ingest/testing-blocks.ts";
import { ingestNamespace } from "#server/edge/uplink.contract.ts";
import { type RunningPlant, startPlant } from "#server/launcher/plant.ts";
import type { Fault } from "../fault.ts";
import type { ChaosHouse } from "../house.ts";

/** Readings of one block. */
const blockSize = 100;
const blocks = 60;

/** An edge that speaks the protocol by hand, with one tag and one stream of numbered blocks. */
class HandEdge {
  readonly epoch = randomEpoch();
  readonly tagId: number;
  readonly metric: string;
  readonly #auth: object;
  readonly #sockets: EdgeClient[] = [];
  readonly #from: number;

  private constructor(parts: { tagId: number; metric: string; auth: object; from: number }) {
    this.tagId = parts.tagId;
    this.metric = parts.metric;
    this.#auth = parts.auth;
    this.#from = parts.from;
  }

  static async enrol(house: ChaosHouse, name: string): Promise<HandEdge> {
    const token = newToken();
    const code = `${name}-${house.random.next().toString(36).slice(2, 8)}`;
    const [row] = await house.db
      .insert(edge)
      .values({ code, name, tokenHash: tokenHash(token) })
      .returning();
    const { sourceId } = await house.addSource(code, "socketio", {}, row?.id ?? 0);
    const metric = `press-1/${code}`;
    const tagId = await house.addTag(sourceId, metric);
    const auth = { edge: code, token, protocol: 1, documentVersion: 0 };
    return new HandEdge({ tagId, metric, auth, from: house.clock.now() - blocks * blockSize });
  }

  async connect(url: string): Promise<EdgeClient> {
    const socket: EdgeClient = io(url + ingestNamespace, {
      transports: ["websocket"],
      forceNew: true,
      auth: this.#auth,
    });
    this.#sockets.push(socket);
    await new Promise((resolve) => socket.once("welcome", resolve));
    return socket;
  }

  /** Block number `n`, from 0: its values are its sequence numbers. */
  frame(n: number): Uint8Array {
    const first = n * blockSize + 1;
    const readings = Array.from({ length: blockSize }, (_, i) => ({
      tagId: this.tagId,
      at: this.#from + first + i,
      value: first + i,
    }));
    return block({ epoch: this.epoch, first, readings });
  }

  /** @throws Error when the numbers 1 … n do not stand once each, in their order */
  async isStored(house: ChaosHouse): Promise<void> {
    const times = Array.from({ length: blocks * blockSize }, (_, i) => this.#from + i + 1);
    const said = new Map([[this.metric, times]]);
    const { missing, wrong } = await house.compare({ said, from: this.#from });
    const [row] = await house.db.execute<{ moved: number }>(
      sql`select count(*)::int as moved from reading where tag_id = ${this.tagId} and num <> seq`,
    );
    if (missing.length > 0 || wrong.length > 0 || row?.moved !== 0)
      throw new Error(
        [`${missing.length} missing, ${row?.moved ?? "?"} under another number`, ...wrong].join("; "),
      );
  }

  end(): void {
    for (const socket of this.#sockets) socket.disconnect();
  }
}

/** 0 … n-1, each at least once, some twice, none far from its place. */
function shuffled(n: number, random: Random): number[] {
  const order = Array.from({ length: n }, (_, i) => ({ i, place: i + random.between(0, 6) }));
  const twice = order
    .filter(() => random.chance(0.3))
    .map(({ i }) => ({ i, place: i + random.between(0, 20) }));
  return [...order, ...twice].toSorted((a, b) => a.place - b.place).map(({ i }) => i);
}

/** What no reading may be, and what it must not break. */
const poison: readonly WireValue[] = [
  "NUL \u0000 in the middle",
  "\ud800 half a character",
  "x".repeat(4096),
  "__proto__",
  { int64: "9223372036854775807" },
  { int64: "not a number" },
  Number.MAX_VALUE,
  null,
  true,
];

export const frames: readonly Fault[] = [
  {
    id: "F20",
    title: "Blocks come twice and out of order: each reading stands once, in its order",
    short: true,
    run: async (house, random) => {
      const hand = await HandEdge.enrol(house, "f20");
      try {
        const socket = await hand.connect(house.plant.urls.http);
        await Promise.allSettled(shuffled(blocks, random).map((n) => send(socket, hand.frame(n))));
        for (let n = 0; n < blocks; n++) await deliver(socket, hand.frame(n));
        await hand.isStored(house);
      } finally {
        hand.end();
      }
    },
  },
  {
    id: "F31",
    title:
      "Source times run backwards, stand still, or lie in the future: kept, or a dead letter with its reason",
    short: true,
    run: async (house) => {
      const { sourceId, token } = await house.addSource("f31", "socketio");
      const metric = "press-1/f31";
      const tagId = await house.addTag(sourceId, metric);
      const now = house.clock.now();
      const times = [now, now - 5000, now - 1000, now - 1000, now - 3_600_000, now + 3_600_000, 17];
      await said(
        house,
        { source: "f31", token },
        times.map((at, i) => ({ metric, at, value: i + 1 })),
      );
      await house.until("what can be kept is kept, and what cannot has its reason", async () => {
        const [row] = await house.db.execute<{ kept: number; reasons: string }>(sql`
          select (select count(*)::int from reading where tag_id = ${tagId} and num = any('{1,2,3,4,5}')) as kept,
            (select string_agg(distinct reason, ',' order by reason) from dead_letter where raw like ${`%"${metric}"%`}) as reasons`);
        return row?.kept === 5 && row.reasons === "time_in_future,time_too_old";
      });
    },
  },
  {
    id: "F37",
    title: "Two servers take the same stream at once: its cursor lets one through at a time",
    run: async (house, random) => {
      const hand = await HandEdge.enrol(house, "f37");
      const second = await secondServer(house);
      try {
        const urls = [house.plant.urls.http, second.urls.http];
        const [socket, other] = await Promise.all(urls.map((url) => hand.connect(url)));
        if (socket === undefined || other === undefined) throw new Error("two servers were not reached");
        // Each block reaches both at the same moment: first in its order, then out of it.
        const both = (n: number) =>
          Promise.allSettled([send(socket, hand.frame(n)), send(other, hand.frame(n))]);
        for (let n = 0; n < blocks / 2; n++) await both(n);
        await Promise.all(shuffled(blocks, random).map(both));
        for (let n = 0; n < blocks; n++) await deliver(socket, hand.frame(n));
        await hand.isStored(house);
      } finally {
        hand.end();
        await second.stop();
      }
    },
  },
  {
    id: "F38",
    title: "Poison in values: it becomes a dead letter or a text, and what came with it is stored",
    short: true,
    run: async (house) => {
      const { sourceId, token } = await house.addSource("f38", "socketio");
      const [number, text] = ["press-1/f38n", "press-1/f38t"];
      await house.addTag(sourceId, number);
      const textId = await house.addTag(sourceId, text, { meaning: "fault", datatype: "text" });
      const at = house.clock.now();
      const rows = poison.flatMap((value, i) => [
        { metric: text, at: at + 3 * i, value: `before ${i}` },
        { metric: text, at: at + 3 * i + 1, value },
        { metric: number, at: at + 3 * i + 1, value },
        { metric: text, at: at + 3 * i + 2, value: `after ${i}` },
      ]);
      await said(house, { source: "f38", token }, rows, { [text]: "knock" });
      await house.until("what stood beside the poison is stored", async () => {
        const [row] = await house.db.execute<{ n: number }>(sql`
          select count(distinct txt)::int as n from reading
          where tag_id = ${textId} and (txt like 'before %' or txt like 'after %')`);
        return row?.n === 2 * poison.length;
      });
    },
  },
];

/** Another server on the same database, with the secrets of the first. */
async function secondServer(house: ChaosHouse): Promise<RunningPlant> {
  const dataDir = join(house.folder, "second");
  await mkdir(dataDir, { recursive: true });
  await cp(house.plant.folders.secrets, join(dataDir, "secrets"), { recursive: true });
  const settings = { DATABASE_URL: house.plant.ownerUrl, ROLES: "ingest,door" };
  return startPlant({ dataDir, demo: false, build: false, quiet: true, settings });
}

/** A device says this, once the edge knows its metrics by what `knocks` says of them (0), and has nothing left. */
async function said(
  house: ChaosHouse,
  who: { source: string; token: string },
  readings: readonly { metric: string; at: number; value: WireValue }[],
  knocks: Readonly<Record<string, WireValue>> = {},
): Promise<void> {
  const device = createDevice({
    ...who,
    url: house.deviceUrl,
    session: crypto.randomUUID(),
    clock: house.clock,
    capacity: 10_000,
    onWrite: () => ({ result: "accepted" }),
    onSent: () => undefined,
    onDropped: () => undefined,
    onProblem: () => undefined,
  });
  try {
    for (const metric of new Set(readings.map((reading) => reading.metric)))
      await house.until(`the edge knows ${metric}`, async () => {
        device.put([{ metric, at: house.clock.now(), value: knocks[metric] ?? 0, unit: null }]);
        return house.knows(metric);
      });
    device.put(readings.map((reading) => ({ ...reading, unit: null })));
    await house.until("the edge took all of it", async () => device.waiting() === 0);
  } finally {
    device.stop();
  }
}
