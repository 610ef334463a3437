import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import type { Samples } from "./sample-bus.ts";

/** Values older than this are no news to a screen. */
const newestMs = 24 * 3_600_000;

/** The newest stored reading of every tag, with which a live cache begins after a restart. */
export async function newestReadings(db: Db | Tx, now: number): Promise<Samples> {
  const rows = await db.execute<{
    id: number;
    at: number;
    num: number | null;
    txt: string | null;
    quality: number;
  }>(sql`
    select t.id, ${epochMs(sql`r.source_ts`)} as at, r.num, r.txt, r.quality
    from tag t cross join lateral (
      select source_ts, num, txt, quality from reading
      where tag_id = t.id and source_ts > ${instant(now - newestMs)}
      order by source_ts desc, epoch desc, seq desc limit 1
    ) r`);
  return {
    tagIds: rows.map((row) => row.id),
    sourceTs: rows.map((row) => Math.round(row.at)),
    num: rows.map((row) => row.num ?? Number.NaN),
    txt: rows.map((row) => row.txt),
    quality: rows.map((row) => row.quality),
  };
}
