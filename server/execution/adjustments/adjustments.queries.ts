import { asc, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { adjustmentEvent } from "#db/schema/execution/adjustments.ts";
import { epochMs } from "#db/sql.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { Authority, RuleRecord } from "#server/execution/detection/detection.contract.ts";
import { machineRef, tagRef } from "#server/execution/detection/detection.queries.ts";
import {
  type AdjustmentFilter,
  type AdjustmentForPerson,
  type AdjustmentState,
  type AdjustmentSummary,
  type AdjustmentView,
  type PredictedEffect,
  type TimelineEntry,
  Verification,
  type Why,
} from "./adjustments.contract.ts";
import { decidableJson } from "./decidable.queries.ts";
import { type Decidable, deedsOf, whyNotDeed } from "./decisions.rules.ts";
import type { Limits } from "./plan.contract.ts";

/** An adjustment with what the rules of deciding look at. */
export interface WithFacts {
  readonly summary: AdjustmentSummary;
  readonly facts: Decidable;
}

interface Row extends Record<string, unknown> {
  summary: AdjustmentSummary;
  facts: Decidable;
  limits: Limits;
  predicted: PredictedEffect;
  verification: unknown;
  deviationId: string | null;
  alarmId: string | null;
  rule: { id: number; authority: Authority; record: RuleRecord } | null;
}

/** What still goes on or waits for a person. */
const open = sql`(a.state in ('draft', 'proposed', 'approved', 'announced', 'held', 'blocked', 'sent', 'accepted',
  'unknown', 'verifying') or a.asks_person)`;

async function rowsWhere(db: Db | Tx, where: SQL, limit: number): Promise<Row[]> {
  const rows = await db.execute<Row>(sql`
    select jsonb_build_object('id', a.id, 'version', a.version, 'state', a.state, 'machine', ${machineRef},
        'target', ${tagRef}, 'oldValue', a.old_value, 'newValue', a.new_value, 'reason', a.reason,
        'author', jsonb_build_object('kind', a.author_kind, 'name', a.author_name),
        'approvedBy', coalesce((select jsonb_agg(jsonb_build_object('name', p.name, 'at', ${epochMs(sql`p.at`)})
          order by p.at) from adjustment_approval p where p.adjustment_id = a.id), '[]'),
        'approvalsNeeded', a.approvals_needed, 'createdAt', ${epochMs(sql`a.created_at`)},
        'notAfter', ${epochMs(sql`a.not_after`)},
        'sendAt', case when a.state = 'announced' then ${epochMs(sql`a.send_at`)} end,
        'needsBadge', (a.limits ->> 'atMachine')::boolean and a.confirmed_by is null and a.state = 'announced',
        'why', a.why, 'verdictReason', a.verdict_reason, 'returns', a.returns,
        'returnedBy', (select b.id from adjustment b where b.returns = a.id order by b.created_at desc limit 1),
        'asksPerson', a.asks_person) as summary, ${decidableJson} as facts,
      a.limits, a.predicted, a.verification, a.deviation_id as "deviationId",
      (select x.id from alarm x where x.deviation_id = a.deviation_id order by x.raised_at desc limit 1) as "alarmId",
      case when r.id is not null then jsonb_build_object('id', r.id, 'authority', r.authority, 'record',
        jsonb_build_object('helped', r.helped, 'didNotHelp', r.did_not_help, 'cannotTell', r.cannot_tell)) end as rule
    from adjustment a
    join work_unit m on m.id = a.machine_id
    join tag t on t.id = a.tag_id
    left join detection_rule r on r.id = a.rule_id
    where ${where}
    order by a.created_at desc limit ${limit}`);
  return [...rows];
}

/** Newest first. */
export async function listAdjustments(db: Db | Tx, filter: AdjustmentFilter): Promise<AdjustmentSummary[]> {
  const machine = filter.machine === undefined ? sql`true` : sql`m.code = ${filter.machine}`;
  const shown = filter.show === "open" ? open : sql`true`;
  return (await rowsWhere(db, sql`${machine} and ${shown}`, filter.limit)).map((row) => row.summary);
}

/** What still goes on or waits for a person, with what the rules of deciding look at. */
export function openAdjustments(db: Db | Tx, limit: number): Promise<readonly WithFacts[]> {
  return rowsWhere(db, open, limit);
}

/** One adjustment as this person may deal with it. */
export async function adjustmentForPerson(
  db: Db | Tx,
  id: string,
  actor: Actor,
  now: number,
): Promise<AdjustmentForPerson | null> {
  const [row] = await rowsWhere(db, sql`a.id = ${id}`, 1);
  if (row === undefined) return null;
  const offered = deedsOf(row.facts).map((deed) => {
    const refusal = whyNotDeed(deed, row.facts, actor, now);
    return { deed, whyNot: refusal === null ? null : { code: refusal.code, params: { ...refusal.params } } };
  });
  return { ...(await viewOf(db, row)), offered };
}

/** One adjustment with its evidence, prediction, measurement and whole timeline, oldest step first. */
export async function findAdjustment(db: Db | Tx, id: string): Promise<AdjustmentView | null> {
  const [row] = await rowsWhere(db, sql`a.id = ${id}`, 1);
  return row === undefined ? null : viewOf(db, row);
}

async function viewOf(db: Db | Tx, row: Row): Promise<AdjustmentView> {
  const events = await db
    .select()
    .from(adjustmentEvent)
    .where(eq(adjustmentEvent.adjustmentId, row.summary.id))
    .orderBy(asc(adjustmentEvent.id));
  const { min, max, maxStep, riskClass } = row.limits;
  return {
    ...row.summary,
    limits: { min, max, maxStep },
    riskClass,
    rule: row.rule,
    deviationId: row.deviationId,
    alarmId: row.alarmId,
    predicted: row.predicted,
    verification: Verification.nullable().catch(null).parse(row.verification),
    timeline: events.map((event): TimelineEntry => ({
      at: event.at.getTime(),
      event: event.event,
      state: event.state as AdjustmentState,
      by: { kind: (event.actor as Actor).kind, name: (event.actor as Actor).name },
      reason: event.reason,
      why: event.why as Why | null,
    })),
  };
}
