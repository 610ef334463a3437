import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import { fewestReasons, type SetupStep, type SetupView } from "./setup.contract.ts";

type Counted = {
  sites: number;
  machines: number;
  reasons: number;
  people: number;
  orders: number;
  stations: number;
  withoutSignal: string[];
  withoutStandard: string[];
  withoutShift: string[];
  withoutStation: string[];
} & Record<string, unknown>;

const shown = 5;

/** How far the plant is set up: read from the records themselves, so it is true whoever made them, and however. */
export async function readSetup(db: Db | Tx, now: number): Promise<SetupView> {
  const lacking = (condition: ReturnType<typeof sql>) =>
    sql`coalesce((select jsonb_agg(w.name order by w.name) from work_unit w where w.retired_at is null and not exists (${condition})), '[]')`;
  const [row] = await db.execute<Counted>(sql`
    select
      (select count(*)::int from equipment where level = 'site' and time_zone is not null) as sites,
      (select count(*)::int from work_unit where retired_at is null) as machines,
      (select count(*)::int from stop_reason where active) as reasons,
      (select count(*)::int from person p where p.active and p.roles && array['operator', 'setter']
        and exists (select from person_badge b where b.person_id = p.id and b.taken_at is null)) as people,
      (select count(*)::int from production_order) as orders,
      (select count(*)::int from station where revoked_at is null) as stations,
      ${lacking(sql`select from tag t join source s on s.id = t.source_id
        where t.machine_id = w.id and t.meaning = 'state' and t.enabled and s.enabled`)} as "withoutSignal",
      ${lacking(sql`select from standard_cycle c where c.machine_id = w.id and c.during @> ${instant(now)}`)} as "withoutStandard",
      ${lacking(sql`select from shift_pattern p where p.line_id = w.line_id and p.during @> ${instant(now)}`)} as "withoutShift",
      ${lacking(sql`select from station_machine m join station s on s.id = m.station_id
        where m.machine_id = w.id and s.revoked_at is null`)} as "withoutStation"`);
  if (row === undefined) throw new Error("the database gave no answer");
  const some = row.machines > 0;
  const all = (missing: readonly string[]) => some && missing.length === 0;
  const step = (name: SetupStep, done: boolean, count: number, missing: readonly string[] = []) => ({
    step: name,
    done,
    count,
    missing: missing.slice(0, shown),
  });
  const steps = [
    step("plant", row.sites > 0, row.sites),
    step("machine", some, row.machines),
    step("signal", all(row.withoutSignal), row.machines - row.withoutSignal.length, row.withoutSignal),
    step("product", all(row.withoutStandard), row.machines - row.withoutStandard.length, row.withoutStandard),
    step("shift", all(row.withoutShift), row.machines - row.withoutShift.length, row.withoutShift),
    step("reasons", row.reasons >= fewestReasons, row.reasons),
    step("people", row.people > 0, row.people),
    step("order", row.orders > 0, row.orders),
    step("station", all(row.withoutStation), row.stations, row.withoutStation),
  ];
  return { steps, done: steps.filter((one) => one.done).length };
}
