import { and, eq, gte, isNull, lte, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { oeeShift } from "#db/schema/enterprise/oee.ts";
import { localDay } from "#server/execution/shifts/shifts.rules.ts";
import type { OeeReport } from "./oee.contract.ts";
import { plantZone } from "./oee.queries.ts";
import { type OeeRecord, oeeView, poolOee } from "./oee.rules.ts";

export interface ReportAsked {
  readonly from: number;
  readonly to: number;
  readonly by: OeeReport["by"];
  /** Codes; left out = the whole plant. */
  readonly machine?: string | undefined;
  readonly line?: string | undefined;
}

type Row = typeof oeeShift.$inferSelect;

/** A stored record as the kernel's numbers. */
export function recordOf(row: Row): OeeRecord {
  const { pot, plannedDown, noData, pbt, apt, aust, adet, adot, microStop } = row;
  const { good, scrap, cycles, idealMs, idealGoodMs, withoutStandard, stops, microStops } = row;
  return {
    buckets: { pot, plannedDown, noData, pbt, apt, aust, adet, adot, microStop },
    counts: { good, scrap, cycles, idealMs, idealGoodMs, withoutStandard, stops, microStops },
    reasons: row.reasons,
    ruleVersion: row.ruleVersion,
    restated: row.version - 1,
    open: !row.closed,
    manual: row.manual,
  };
}

/**
 * OEE by day, shift, machine or line from the shift records of production days in [from, to): sums pooled, percentages
 * never averaged. A line's figure pools its machines; a serial line's own OEE is that of its constraint.
 */
export async function oeeReport(db: Db | Tx, asked: ReportAsked): Promise<OeeReport> {
  const timeZone = await plantZone(db);
  const rows = await db
    .select({
      record: oeeShift,
      machineCode: sql<string>`(select code from work_unit w where w.id = ${oeeShift.machineId})`,
      machineName: sql<string>`(select name from work_unit w where w.id = ${oeeShift.machineId})`,
      lineCode: sql<string>`(select code from equipment e where e.id = ${oeeShift.lineId})`,
      lineName: sql<string>`(select name from equipment e where e.id = ${oeeShift.lineId})`,
    })
    .from(oeeShift)
    .where(
      and(
        isNull(oeeShift.supersededAt),
        gte(oeeShift.productionDay, localDay(asked.from, timeZone)),
        lte(oeeShift.productionDay, localDay(asked.to - 1, timeZone)),
        asked.machine === undefined
          ? undefined
          : eq(oeeShift.machineId, sql`(select id from work_unit where code = ${asked.machine})`),
        asked.line === undefined
          ? undefined
          : eq(oeeShift.lineId, sql`(select id from equipment where code = ${asked.line})`),
      ),
    )
    .orderBy(oeeShift.productionDay, oeeShift.machineId, oeeShift.shiftId);
  type Found = (typeof rows)[number];
  const keyOf: Record<OeeReport["by"], (row: Found) => { key: string; name: string }> = {
    day: ({ record }) => ({ key: record.productionDay, name: record.productionDay }),
    shift: ({ record }) => ({ key: record.shiftName, name: record.shiftName }),
    machine: (row) => ({ key: row.machineCode, name: row.machineName }),
    line: (row) => ({ key: row.lineCode, name: row.lineName }),
  };
  const groups = new Map<string, { key: string; name: string; found: Found[] }>();
  for (const row of rows) {
    const { key, name } = keyOf[asked.by](row);
    const group = groups.get(key) ?? { key, name, found: [] };
    group.found.push(row);
    groups.set(key, group);
  }
  const viewOf = (found: readonly Found[], fallback: { start: number; end: number }) => {
    const starts = found.map((f) => f.record.during.start ?? fallback.start);
    const ends = found.map((f) => f.record.during.end ?? fallback.end);
    const period = found.length === 0 ? fallback : { start: Math.min(...starts), end: Math.max(...ends) };
    return oeeView(period, poolOee(found.map((f) => recordOf(f.record))));
  };
  const period = { start: asked.from, end: asked.to };
  return {
    by: asked.by,
    period,
    timeZone,
    total: { ...viewOf(rows, period), period },
    rows: [...groups.values()].map(({ key, name, found }) => ({ key, name, view: viewOf(found, period) })),
  };
}
