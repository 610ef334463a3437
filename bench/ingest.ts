import { inIngestHouse } from "./ingest/house.ts";
import type { BenchOptions, Figure } from "./main.ts";

const tagCount = 1000;
const sources = 1000;

/**
 * Durable, acked, exactly-once readings per second: load → the edge's queue (synced LevelDB blocks) → uplink →
 * gateway → `ingest_batch` → ack, with consumers and rollups at work; beside it `ingest_batch` driven directly by
 * the same number of connections, before and after, in the same run on the same disk. The load generator, the edge,
 * the server and Postgres share the machine.
 */
export async function run(print: (figure: Figure) => void, { seconds }: BenchOptions): Promise<void> {
  await inIngestHouse(tagCount, async (house) => {
    const before = await house.direct(seconds / 4);
    const batched = await house.through({ kind: "batched", seconds });
    const after = await house.direct(seconds / 4);
    const single = await house.through({ kind: "single", seconds: seconds / 2, sources });
    const limit = Math.round((before + after) / 2);
    const note = `${house.note()}; ${seconds} s`;
    const ratio = batched / limit;
    const common = { unit: "readings/s", note };
    print({
      ...common,
      figure: "ingest.batched",
      value: batched,
      limit,
      ratio: round(ratio),
      goal: ">=150000",
      holds: batched >= 150_000,
    });
    print({
      ...common,
      figure: "ingest.single",
      value: single,
      goal: ">=15000",
      holds: single >= 15_000,
      note: `${sources} sources, one reading a message, each waits for its "stored"; ${note}`,
    });
    print({
      figure: "ingest.ratio",
      value: round(ratio),
      unit: "",
      goal: ">=0.7",
      holds: ratio >= 0.7,
      note,
    });
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
