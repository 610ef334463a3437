import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import type { CsvCell } from "#server/core/csv.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { listStopReasons } from "../reasons/reasons.queries.ts";
import { listPeople } from "../people/people.queries.ts";
import { listStations } from "../people/stations.queries.ts";
import { readPlant } from "../plant/plant.queries.ts";
import { allPatterns } from "../shifts/shifts.queries.ts";
import { tagsOfSource } from "../tags/tags.queries.ts";
import { breaksText, weekdaysText, wordsText } from "./cells.rules.ts";
import type { ImportKind } from "./imports.contract.ts";
import { localText } from "./local-time.rules.ts";

/** A record as a row of its kind's file, by the names of the columns. */
type FileRow = Readonly<Record<string, CsvCell>>;
type Read = (db: Db | Tx, now: number, sourceId: number | undefined) => Promise<FileRow[]>;

/**
 * What the plant has of a kind now, as its file would say it: read in again, every row is "same".
 * @throws Refusal not_found where tags are asked for without a source
 */
export function currentRows(
  db: Db | Tx,
  kind: ImportKind,
  now: number,
  sourceId: number | undefined,
): Promise<FileRow[]> {
  return read[kind](db, now, sourceId);
}

const read: Readonly<Record<ImportKind, Read>> = {
  works: async (db) => {
    const { site } = await readPlant(db);
    return site === null ? [] : [{ name: site.name, timeZone: site.timeZone }];
  },
  machines: async (db) =>
    (await readPlant(db)).lines.flatMap((line) =>
      line.machines.map(({ code, name, kind, signal }) => ({
        line: line.code,
        code,
        name,
        kind,
        signal: signal === "none" ? null : signal,
      })),
    ),
  tags: async (db, _now, sourceId) => {
    if (sourceId === undefined) throw new Refusal("not_found", {}, "source");
    const tags = await tagsOfSource(db, sourceId);
    return tags.map(({ machineCode, words, ...tag }) => ({
      ...plainCells(tag),
      machine: machineCode,
      words: words === null ? null : wordsText(words),
    }));
  },
  // One row for each machine that has a standard cycle; a product without one has a row of its own.
  products: (db, now) =>
    rowsOf(
      db.execute(sql`
        select p.code, p.name, w.code as machine, c.cycle_ms / 1000 as "cycleSeconds",
          c.parts_per_cycle as "partsPerCycle"
        from product p
        left join standard_cycle c on c.product_id = p.id and c.during @> ${instant(now)}
        left join work_unit w on w.id = c.machine_id
        order by p.code, w.code`),
    ),
  shifts: async (db, now) => {
    const { lines } = await readPlant(db);
    const codes = new Map(lines.map(({ id, code }) => [id, code]));
    return (await allPatterns(db, now)).map((one) => ({
      line: codes.get(one.lineId),
      name: one.name,
      weekdays: weekdaysText(one.weekdays),
      start: one.startLocal.slice(0, 5),
      end: one.endLocal.slice(0, 5),
      breaks: breaksText(one.breaks),
    }));
  },
  reasons: async (db, now) =>
    (await listStopReasons(db, now))
      .filter(({ active }) => active)
      .map(({ name, planned, changeover, machineKind }) => ({ name, planned, changeover, machineKind })),
  people: async (db) =>
    (await listPeople(db))
      .filter(({ active }) => active)
      .map(({ code, name, roles, badges }) => ({
        code,
        name,
        roles: roles.join(", "),
        badge: badges.join(", "),
      })),
  skills: (db) =>
    rowsOf(
      db.execute(sql`
        select p.code as person, s.name as skill, h.since::text as since, h.expires_on::text as "expiresOn"
        from person_skill h join person p on p.id = h.person_id join skill s on s.id = h.skill_id
        where p.active and s.active order by p.code, s.name`),
    ),
  routings: (db, now) =>
    rowsOf(
      db.execute(sql`
        select p.code as product, o.name as operation, o.sequence, o.machine_kind as "machineKind",
          (select string_agg(w.code, ', ' order by w.code)
           from routing_operation_machine m join work_unit w on w.id = m.machine_id
           where m.operation_id = o.id) as machines,
          o.setup_ms / 60000.0::float8 as "setupMinutes", s.name as skill
        from routing r
        join product p on p.id = r.product_id
        join routing_operation o on o.routing_id = r.id
        left join skill s on s.id = o.skill_id
        where r.during @> ${instant(now)}
        order by p.code, o.sequence`),
    ),
  bills: (db, now) =>
    rowsOf(
      db.execute(sql`
        select p.code as product, coalesce(m.code, c.code) as component, b.per_part::float8 as "perPart",
          b.scrap_percent::float8 as "scrapPercent"
        from bill_of_material b
        join product p on p.id = b.product_id
        left join material m on m.id = b.material_id
        left join product c on c.id = b.component_id
        where b.during @> ${instant(now)}
        order by p.code, component`),
    ),
  tools: (db) =>
    rowsOf(
      db.execute(sql`
        select a.serial, a.name, a.life_cycles::float8 as "lifeCycles", a.cavities,
          a.start_shots::float8 as "startShots", a.storage
        from physical_asset a where a.kind = 'tool' and a.active order by a.serial`),
    ),
  orders: async (db) => {
    const zone = (await readPlant(db)).site?.timeZone ?? "UTC";
    const rows = await rowsOf(
      db.execute(sql`
        select o.code, p.code as product, o.quantity, w.code as machine, j.operation,
          ${epochMs(sql`o.due`)} as due, o.priority
        from production_order o
        join product p on p.id = o.product_id
        join job j on j.order_id = o.id
        join work_unit w on w.id = j.machine_id
        where o.state not in ('completed', 'closed', 'cancelled')
        order by o.priority, o.due nulls last, o.code, j.sequence`),
    );
    return rows.map(({ due, ...row }) => ({
      ...row,
      due: typeof due === "number" ? localText(due, zone) : null,
    }));
  },
  stations: async (db, now) =>
    (await listStations(db, now))
      .filter(({ revokedAt }) => revokedAt === null)
      .map(({ name, machines, language, theme }) => ({
        name,
        machines: machines.map(({ code }) => code).join(", "),
        language,
        theme,
      })),
};

async function rowsOf(answer: PromiseLike<readonly Record<string, unknown>[]>): Promise<FileRow[]> {
  return [...(await answer)] as FileRow[];
}

/** Only what a cell can hold. */
function plainCells(row: object): FileRow {
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => value === null || typeof value !== "object"),
  ) as FileRow;
}
