import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { type Db, openDb } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { systemClock } from "#server/core/clock.ts";
import { createLogger } from "#server/core/log.ts";
import { createConsumers } from "#server/execution/consumers.ts";
import { ingestReadings } from "#server/execution/ingest/ingest-call.ts";
import { createLanes } from "#server/execution/ingest/lanes.ts";
import { startServer } from "#server/execution/ingest/testing.ts";
import { createRollups } from "#server/execution/rollups/rollup-consumer.ts";
import { createTagRegistry } from "#server/execution/tags/tag-registry.ts";
import { projectRoot } from "#server/launcher/folders.ts";
import { startCluster } from "#server/launcher/postgres.ts";
import { nodeArguments } from "#server/launcher/supervised-child.ts";
import { makeBenchPlant } from "./plant.ts";
import type { LoadOrder, LoadReport } from "./protocol.ts";

const clock = systemClock;
const laneCount = 4;
const perCall = 2000;

/** A plant under load: an edge of its own process, the gateway, consumers and rollups at work, Postgres. */
export interface IngestHouse {
  /** `ingest_batch` alone: as many connections as the gateway uses, full batches, no edge, no sockets. Readings/s. */
  direct(seconds: number): Promise<number>;
  /**
   * Puts the load on through edge and gateway. @returns readings/s; the time it takes to drain counts too
   * @throws Error when a reading is missing or there twice
   */
  through(order: Load): Promise<number>;
  /** What was on, and who is behind now. */
  note(): string;
}

type Load =
  | { readonly kind: "batched"; readonly seconds: number }
  | { readonly kind: "single"; readonly seconds: number; readonly sources: number };

/** Runs `measure` in such a plant with so many tags, and clears it away. */
export async function inIngestHouse(
  tagCount: number,
  measure: (house: IngestHouse) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-ingest-"));
  await chmod(folder, 0o711);
  const cluster = await startCluster({ dir: folder });
  try {
    const url = cluster.url("postgres");
    await migrate(url);
    const db = openDb({ url, max: 5, name: "ingest" });
    const lanesDb = openDb({ url, max: 5, name: "lanes", statementTimeoutMs: 60_000 });
    const plant = await makeBenchPlant(db, tagCount, laneCount);
    const log = createLogger("bench", "error");
    const tags = createTagRegistry({ db, clock, log });
    await tags.refresh();
    const consumers = createConsumers();
    const lanes = createLanes({ db: lanesDb, clock, log, tags, consumers, ranges: [createRollups()] });
    const server = await startServer(db, { lanes, log });
    const given = [
      join(folder, "queue"),
      server.url,
      plant.edgeCode,
      plant.token,
      JSON.stringify(plant.lanes),
    ];
    const edge = spawn(process.execPath, nodeArguments("bench/ingest/edge.ts", ...given), {
      cwd: projectRoot,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await once(edge, "message");
    await untilReport(edge, (report) => report.online);
    await lanes.start(new AbortController().signal);

    await measure({
      direct: (seconds) => direct(db, plant.lanes, seconds),
      through: (load) => through(db, edge, { ...load, id: randomUUID() }),
      note() {
        const behind = Object.entries(lanes.figures().consumers).map(
          ([name, one]) => `${name} ${one.behind ?? 0}`,
        );
        return (
          `${tagCount} tags on ${laneCount} lanes, index (tag, time), BRIN, partition by day, rollups, ` +
          `${consumers.length} consumers (${consumers.map((one) => one.name).join(", ")}), no screens, ` +
          `fsync and synchronous_commit on; behind at the end: ${behind.join(", ")}`
        );
      },
    });

    edge.send({ kind: "stop" } satisfies LoadOrder);
    await once(edge, "exit");
    await server.close();
    await lanes.stop();
    await Promise.all([db, lanesDb].map((pool) => pool.$client.end({ timeout: 1 })));
  } finally {
    await cluster.stop("immediate");
    await rm(folder, { recursive: true, force: true });
  }
}

async function ask(edge: ChildProcess, order: Exclude<LoadOrder, { kind: "stop" }>): Promise<LoadReport> {
  const answered = new Promise<LoadReport>((resolve) => {
    const hear = (report: unknown) => {
      if ((report as LoadReport).id !== order.id) return;
      edge.off("message", hear);
      resolve(report as LoadReport);
    };
    edge.on("message", hear);
  });
  edge.send(order);
  return answered;
}

async function untilReport(edge: ChildProcess, fits: (report: LoadReport) => boolean): Promise<LoadReport> {
  for (;;) {
    const report = await ask(edge, { kind: "report", id: randomUUID() });
    if (fits(report)) return report;
    await clock.sleep(20);
  }
}

/**
 * Puts the load on and counts what Postgres has at the end, up to the last ack: the time it takes to drain counts
 * too. Throws when a reading is missing or there twice.
 */
async function through(
  db: Db,
  edge: ChildProcess,
  order: Extract<LoadOrder, { seconds: number }>,
): Promise<number> {
  const before = await ask(edge, { kind: "report", id: randomUUID() });
  const rows = await countRows(db);
  const begun = clock.monotonic();
  await ask(edge, order);
  const report = await untilReport(edge, ({ unacked }) => unacked === 0);
  const took = clock.monotonic() - begun;
  const sent = report.stored - before.stored;
  const { stored, distinct } = await countRows(db);
  if (stored - rows.stored !== sent || stored !== distinct) {
    throw new Error(`${sent} readings were sent, ${stored - rows.stored} came, ${stored - distinct} twice`);
  }
  return Math.round((sent / took) * 1000);
}

/** By the log, whose rows each stand for so many readings; and by the table itself. */
async function countRows(db: Db): Promise<{ stored: number; distinct: number }> {
  const [row] = await db.execute<{ stored: number; distinct: number }>(sql`
    select (select count(*) from reading)::float8 as stored,
      (select sum(last - first + 1) from ingest_log)::float8 as distinct`);
  return { stored: row?.stored ?? 0, distinct: row?.distinct ?? 0 };
}

/** `ingest_batch` alone: as many connections as the gateway uses, full batches, no edge, no sockets. */
async function direct(
  db: Db,
  lanes: readonly { streamId: number; tagIds: readonly number[] }[],
  seconds: number,
): Promise<number> {
  const begun = clock.monotonic();
  const until = begun + seconds * 1000;
  let total = 0;
  await Promise.all(
    lanes.map(async ({ streamId, tagIds }) => {
      const epoch = randomUUID().replaceAll("-", "").slice(0, 16);
      const columns = {
        tagIds: Uint32Array.from({ length: perCall }, (_, i) => tagIds[i % tagIds.length] ?? 0),
        sourceTs: new Float64Array(perCall),
        edgeTs: new Float64Array(perCall),
        num: Float64Array.from({ length: perCall }, (_, i) => i % 1000),
        txt: Array.from<null>({ length: perCall }).fill(null),
        quality: new Uint8Array(perCall),
      };
      for (let first = 1; clock.monotonic() < until; first += perCall) {
        const now = clock.now();
        columns.sourceTs.fill(now);
        columns.edgeTs.fill(now);
        const answer = await ingestReadings(
          db,
          { streamId, epoch, first, columns, dead: [], historical: true },
          now,
        );
        total += answer.stored;
      }
    }),
  );
  return Math.round((total / (clock.monotonic() - begun)) * 1000);
}
