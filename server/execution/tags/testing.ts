import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { epochToDatabase } from "../ingest/epoch.rules.ts";
import { streamIdOf } from "../ingest/gateway.queries.ts";
import { ingestReadings } from "../ingest/ingest-call.ts";
import { randomEpoch, type TestReading } from "../ingest/testing-blocks.ts";
import type { TestPlant } from "../ingest/testing.ts";

export { makePlant, type TestPlant } from "../ingest/testing.ts";

/** Stores readings as the gateway does, in batches, and brings the rollups up to date. */
export async function storeReadings(
  db: Db,
  plant: TestPlant,
  readings: readonly TestReading[],
): Promise<void> {
  const streamId = await streamIdOf(db, plant.edgeId, 0);
  const epoch = randomEpoch();
  const times = readings.map((reading) => reading.at);
  const latest = times.reduce((most, at) => Math.max(most, at), 0);
  const earliest = times.reduce((least, at) => Math.min(least, at), latest);
  for (let from = 0; from < readings.length; from += 2000) {
    const part = readings.slice(from, from + 2000);
    await ingestReadings(
      db,
      {
        streamId,
        epoch,
        first: from + 1,
        dead: [],
        historical: false,
        columns: {
          tagIds: Uint32Array.from(part, (r) => r.tagId),
          sourceTs: Float64Array.from(part, (r) => r.at),
          edgeTs: Float64Array.from(part, (r) => r.at),
          num: Float64Array.from(part, (r) => (typeof r.value === "number" ? r.value : Number.NaN)),
          txt: part.map((r) => (typeof r.value === "string" ? r.value : null)),
          quality: Uint8Array.from(part, (r) => r.quality ?? 0),
        },
      },
      latest,
    );
  }
  await db.execute(sql`select rollup_range(${streamId}, ${epochToDatabase(epoch)}::bigint, 1, ${readings.length},
    to_timestamp(${earliest / 1000}), to_timestamp(${latest / 1000 + 0.001}), to_timestamp(${latest / 1000 + 3600}))`);
}
