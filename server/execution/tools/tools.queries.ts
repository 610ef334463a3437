import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import type { ToolPage, ToolView } from "./tools.contract.ts";

/**
 * Shots that a machine counted in a time: its cycles, by the buckets of ten seconds that begin in it; a machine that
 * counts no cycles gives its parts by the cavities that were open then.
 */
const shotsIn = (machine: SQL, asset: SQL, cavities: SQL, from: SQL, to: SQL): SQL => sql`(
  select coalesce(case
    when exists (select from tag t where t.machine_id = ${machine} and t.meaning = 'cycles')
    then sum(b.cycles)::float8
    else ceil(sum((b.good + b.scrap)::float8 / greatest(coalesce(
      (select o.open from tool_cavities o where o.asset_id = ${asset} and o.during @> b.start), ${cavities}, 1), 1)))
    end, 0)
  from count_bucket b
  where b.machine_id = ${machine} and b.start >= ${from} - interval '5 s' and b.start < ${to} - interval '5 s')`;

/** Shots since the last maintenance that had been done at `at`; before the first one with what the tool began with. */
export async function shotsOf(db: Db | Tx, toolId: string, at: number): Promise<number> {
  const [row] = await db.execute<{ shots: number }>(sql`select ${shotsAt(instant(at))} as shots
    from physical_asset a where a.id = ${toolId}`);
  return row?.shots ?? 0;
}

const lastMaintenance = (at: SQL): SQL =>
  sql`(select max(m.at) from tool_maintenance m where m.asset_id = a.id and m.at <= ${at})`;

function shotsAt(at: SQL): SQL {
  const since = lastMaintenance(at);
  return sql`(case when ${since} is null then a.start_shots else 0 end + coalesce((
    select sum(${shotsIn(
      sql`x.machine_id`,
      sql`a.id`,
      sql`a.cavities`,
      sql`greatest(lower(x.during), ${since})`,
      sql`least(upper(x.during), ${at})`,
    )}) from asset_mount x
    where x.asset_id = a.id and x.during && tstzrange(${since}, ${at})), 0))::float8`;
}

function toolsWhere(db: Db | Tx, now: number, condition: SQL): Promise<ToolView[]> {
  const at = instant(now);
  return db.execute<ToolView & Record<string, unknown>>(sql`
    select a.id, a.serial, a.name, a.active, a.life_cycles::float8 as "lifeCycles", a.warn_share as "warnShare",
      a.cavities, case when a.cavities is not null then coalesce(
        (select o.open from tool_cavities o where o.asset_id = a.id and o.during @> ${at}), a.cavities) end as "openCavities",
      a.start_shots::float8 as "startShots", ${shotsAt(at)} as shots, a.storage,
      (select jsonb_build_object('id', w.id, 'name', w.name, 'since', ${epochMs(sql`lower(x.during)`)})
        from asset_mount x join work_unit w on w.id = x.machine_id
        where x.asset_id = a.id and upper_inf(x.during)) as machine,
      ${epochMs(lastMaintenance(at))} as "lastMaintenance"
    from physical_asset a where a.kind = 'tool' and ${condition} order by not a.active, a.serial`);
}

/** The plant's tools by serial, those that are put away last. */
export function listTools(db: Db | Tx, now: number): Promise<ToolView[]> {
  return toolsWhere(db, now, sql`true`);
}

/** One tool with where it was, what was open, what was done to it, and what it fits. */
export async function toolPage(db: Db | Tx, toolId: string, now: number): Promise<ToolPage | undefined> {
  const [tool] = await toolsWhere(db, now, sql`a.id = ${toolId}`);
  if (tool === undefined) return undefined;
  const mounts = await db.execute<ToolPage["mounts"][number] & Record<string, unknown>>(sql`
    select x.machine_id as "machineId", w.name as "machineName", ${epochMs(sql`lower(x.during)`)} as "from",
      ${epochMs(sql`upper(x.during)`)} as "to", ${shotsIn(
        sql`x.machine_id`,
        sql`a.id`,
        sql`a.cavities`,
        sql`lower(x.during)`,
        sql`coalesce(upper(x.during), ${instant(now)})`,
      )}::float8 as shots
    from asset_mount x join work_unit w on w.id = x.machine_id join physical_asset a on a.id = x.asset_id
    where x.asset_id = ${toolId} order by lower(x.during) desc limit 100`);
  const cavityTimes = await db.execute<ToolPage["cavityTimes"][number] & Record<string, unknown>>(sql`
    select open, ${epochMs(sql`lower(during)`)} as "from", ${epochMs(sql`upper(during)`)} as "to"
    from tool_cavities where asset_id = ${toolId} order by lower(during) desc nulls last`);
  const maintenance = await db.execute<ToolPage["maintenance"][number] & Record<string, unknown>>(sql`
    select ${epochMs(sql`at`)} as at, shots::float8 as shots, note from tool_maintenance
    where asset_id = ${toolId} order by at desc, id desc limit 100`);
  const fits = await db.execute<ToolPage["fits"][number] & Record<string, unknown>>(sql`
    select f.product_id as "productId", p.code as "productCode", p.name as "productName", f.operation, s.parts_per_cycle as "standardParts"
    from tool_fit f join product p on p.id = f.product_id
    left join standard_cycle s on s.product_id = f.product_id and s.machine_id = ${tool.machine?.id ?? 0}
      and s.during @> ${instant(now)}
    where f.asset_id = ${toolId} order by p.code, f.operation`);
  return { ...tool, mounts, cavityTimes, maintenance, fits };
}
