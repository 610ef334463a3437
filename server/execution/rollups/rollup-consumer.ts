import { sql } from "drizzle-orm";
import { epochToDatabase } from "../ingest/epoch.rules.ts";
import type { RangeConsumer } from "../ingest/range-worker.ts";

/**
 * Keeps the rollups (10 s, 1 min, 15 min, 1 day) equal to what is stored. Each round looks at the readings that
 * came since the last one, and recomputes from raw exactly the buckets they touch: late data and live data go the
 * same way. Silent tags get the rest of their last value's hold when it is over.
 * @param everyMs rounds follow each other at this distance at least
 */
export function createRollups(everyMs = 2000): RangeConsumer {
  return {
    name: "rollups",
    everyMs,
    async process({ tx, now, streamId, epoch }, { first, last, minTs, maxTs }) {
      await tx.execute(sql`select rollup_range(${streamId}, ${epochToDatabase(epoch)}::bigint, ${first}, ${last},
        to_timestamp(${minTs / 1000 - 0.001}), to_timestamp(${maxTs / 1000 + 0.001}), to_timestamp(${now / 1000}))`);
    },
    async idle({ tx, now }) {
      const [row] = await tx.execute<{ closed: number }>(
        sql`select rollup_close(to_timestamp(${now / 1000})) as closed`,
      );
      return (row?.closed ?? 0) > 0;
    },
  };
}
