import { createHash, randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { laneOf } from "#server/execution/ingest/epoch.rules.ts";
import { streamIdOf } from "#server/execution/ingest/gateway.queries.ts";

export interface BenchPlant {
  readonly edgeCode: string;
  readonly token: string;
  readonly lanes: readonly {
    readonly lane: number;
    readonly streamId: number;
    readonly tagIds: readonly number[];
  }[];
}

/** Lines with ten machines each, whose tags are spread as in a plant: mostly measurements, a few of each signal. */
export async function makeBenchPlant(db: Db, tags: number, lines: number): Promise<BenchPlant> {
  const token = randomBytes(16).toString("hex");
  const tokenHash = createHash("sha256").update(token).digest();
  await db.execute(sql`insert into equipment (level, code, name) select 'line', 'line-' || i, 'Line ' || i
    from generate_series(1, ${lines}::int) i`);
  await db.execute(sql`insert into work_unit (line_id, code, name, kind, micro_stop_ms, stale_ms)
    select e.id, e.code || '-' || i, 'Machine', 'press', 5000, 30000 from equipment e, generate_series(1, 10) i`);
  await db.execute(sql`insert into edge (code, name, token_hash) values ('bench', 'Bench', ${tokenHash})`);
  await db.execute(sql`insert into source (edge_id, code, driver) select id, 'bench', 'sparkplug' from edge`);
  await db.execute(sql`
    insert into tag (source_id, machine_id, metric, name, meaning, datatype)
    select s.id, m.id, 'm' || i, 'M' || i, 'measurement', 'number'
    from source s, generate_series(1, ${tags}::int) i
    join lateral (select id from work_unit order by id offset (i % (10 * ${lines}::int)) limit 1) m on true`);
  await db.execute(sql`select ensure_readings_ahead(now())`);
  await db.execute(sql`analyze`);
  const rows = await db.execute<{ edge_id: number; line_id: number; ids: string }>(sql`
    select s.edge_id, m.line_id, json_agg(t.id order by t.id)::text as ids
    from tag t join source s on s.id = t.source_id join work_unit m on m.id = t.machine_id group by 1, 2 order by 2`);
  const lanes = [];
  for (const { edge_id: edgeId, line_id: lineId, ids } of rows) {
    const lane = laneOf(lineId);
    lanes.push({ lane, streamId: await streamIdOf(db, edgeId, lane), tagIds: JSON.parse(ids) as number[] });
  }
  return { edgeCode: "bench", token, lanes };
}
