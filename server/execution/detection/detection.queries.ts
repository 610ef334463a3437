import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs } from "#db/sql.ts";
import type {
  Authority,
  CauseView,
  DeviationKind,
  DeviationView,
  Evidence,
  MachineRef,
  RuleRecord,
  RuleView,
  TagRef,
} from "./detection.contract.ts";
import { deviationWords, paramsOf } from "./words.rules.ts";

/** `machine` and `tag` of aliases `m` and `t` as the contract's references. */
export const machineRef = sql`jsonb_build_object('id', m.id, 'code', m.code, 'name', m.name, 'lineId', m.line_id)`;
export const tagRef = sql`jsonb_build_object('id', t.id, 'name', t.name, 'unit', t.unit, 'decimals', t.decimals)`;

interface DeviationRow extends Record<string, unknown> {
  id: string;
  ruleId: number;
  kind: DeviationKind;
  state: "open" | "cleared";
  machine: MachineRef;
  tag: TagRef;
  since: number;
  seenAt: number;
  clearedAt: number | null;
  evidence: Evidence;
  latest: DeviationView["latest"];
  cause: Omit<CauseView, "signals"> | null;
  signals: CauseView["signals"];
  alarmId: string | null;
  adjustmentId: string | null;
}

async function deviationsWhere(db: Db | Tx, where: SQL, limit: number): Promise<DeviationView[]> {
  const rows = await db.execute<DeviationRow>(sql`
    select d.id, d.rule_id as "ruleId", d.kind, d.state, ${machineRef} as machine, ${tagRef} as tag,
      ${epochMs(sql`d.since`)} as since, ${epochMs(sql`d.seen_at`)} as "seenAt",
      ${epochMs(sql`d.cleared_at`)} as "clearedAt", d.evidence, d.latest, d.cause_signals as signals,
      case when c.id is not null then jsonb_build_object('code', c.code, 'right', c.was_right, 'of', c.judged) end as cause,
      (select a.id from alarm a where a.deviation_id = d.id order by a.raised_at desc limit 1) as "alarmId",
      (select a.id from adjustment a where a.deviation_id = d.id order by a.created_at desc limit 1) as "adjustmentId"
    from deviation d
    join work_unit m on m.id = d.machine_id
    join tag t on t.id = d.tag_id
    left join cause_rule c on c.id = d.cause_rule_id
    where ${where}
    order by d.seen_at desc limit ${limit}`);
  return rows.map(({ signals, cause, ...row }) => {
    const refs = {
      machine: row.machine.name,
      tag: row.tag.name,
      unit: row.tag.unit,
      decimals: row.tag.decimals,
    };
    const params = paramsOf(row.kind, row.evidence, refs);
    const { at, value, statistic } = row.latest;
    return {
      ...row,
      latest: { at, value, statistic },
      title: deviationWords(row.kind, "title", params),
      text: deviationWords(row.kind, "text", params),
      cause: cause === null ? null : { ...cause, signals },
    };
  });
}

export async function findDeviation(db: Db | Tx, id: string): Promise<DeviationView | null> {
  return (await deviationsWhere(db, sql`d.id = ${id}`, 1))[0] ?? null;
}

/** What deviates now, newest first; of one machine (by code) or of the plant. */
export async function openDeviations(db: Db | Tx, machine?: string): Promise<DeviationView[]> {
  const where = machine === undefined ? sql`true` : sql`m.code = ${machine}`;
  return deviationsWhere(db, sql`d.state = 'open' and ${where}`, 200);
}

/** Every rule with its record, by machine. */
export async function listRules(db: Db | Tx): Promise<RuleView[]> {
  const rows = await db.execute<
    Omit<RuleView, "record" | "authority"> & RuleRecord & { authority: number } & Record<string, unknown>
  >(sql`
    select r.id, r.kind, ${machineRef} as machine, ${tagRef} as tag, r.enabled, r.authority, r.parameters,
      r.helped, r.did_not_help as "didNotHelp", r.cannot_tell as "cannotTell",
      (select jsonb_build_object('id', g.id, 'name', g.name, 'unit', g.unit, 'decimals', g.decimals)
        from tag g where g.id = (r.action ->> 'targetTagId')::int) as target,
      (select d.id from deviation d where d.rule_id = r.id and d.state = 'open') as "openDeviationId"
    from detection_rule r
    join work_unit m on m.id = r.machine_id
    join tag t on t.id = r.tag_id
    order by m.code, r.kind`);
  return rows.map(({ helped, didNotHelp, cannotTell, authority, ...row }) => ({
    ...row,
    authority: authority as Authority,
    record: { helped, didNotHelp, cannotTell },
  }));
}
