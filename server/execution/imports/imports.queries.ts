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
import { billRows, routingRows, toolRows } from "./definitions.queries.ts";
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
  plant: async (db) => {
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
  routings: routingRows,
  bills: billRows,
  tools: toolRows,
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
        select p.code as person, s.code as skill, x.since::text as since, x.expires_on::text as until
        from person_skill x join person p on p.id = x.person_id join skill s on s.id = x.skill_id
        where p.active order by p.code, s.code`),
    ),
  stations: async (db, now) =>
    (await listStations(db, now))
      .filter(({ revokedAt }) => revokedAt === null)
      .map(({ name, machines, language, theme, mmPerPx }) => ({
        name,
        machines: machines.map(({ code }) => code).join(", "),
        language,
        theme,
        mmPerPx,
      })),
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
