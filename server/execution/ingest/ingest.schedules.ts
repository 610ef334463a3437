import { sql } from "drizzle-orm";
import type { Schedule } from "#server/core/runner.ts";

/** Days whose partitions are made ahead, so that no batch has to make one. */
const daysAhead = 7;

/** Partitions of the days to come; the end of what is older than its retention stands in `house`. */
export const ingestSchedules: Schedule[] = [
  {
    name: "ingest.partitions",
    everyMs: 3_600_000,
    async run({ tx, now, log }) {
      const [row] = await tx.execute<{ made: number }>(
        sql`select ensure_readings_ahead(to_timestamp(${now / 1000}), ${daysAhead}) as made`,
      );
      if ((row?.made ?? 0) > 0) log.info({ made: row?.made }, "partitions made");
    },
  },
];
