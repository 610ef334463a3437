import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs } from "#db/sql.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { Decidable } from "./decisions.rules.ts";

/** What the rules of deciding look at, as one document of the adjustment `a`. */
export const decidableJson = sql`jsonb_build_object('state', a.state, 'version', a.version,
  'notAfter', ${epochMs(sql`a.not_after`)}, 'authorPerson', a.author_person,
  'approvedBy', coalesce((select jsonb_agg(jsonb_build_object('personId', p.person_id, 'name', p.name) order by p.at)
    from adjustment_approval p where p.adjustment_id = a.id), '[]'),
  'approvalsNeeded', a.approvals_needed,
  'authority', case when a.author_kind = 'rule' then
    (select r.authority from detection_rule r where r.id = a.rule_id) end,
  'lastBy', coalesce(
    (select p.name from adjustment_approval p where p.adjustment_id = a.id order by p.at desc limit 1),
    (select e.actor ->> 'name' from adjustment_event e where e.adjustment_id = a.id order by e.id desc limit 1), ''),
  'asksPerson', a.asks_person,
  'isReturn', a.returns is not null,
  'returned', exists (select from adjustment b where b.returns = a.id
    and b.state not in ('rejected', 'expired', 'refused')),
  'outstanding', exists (select from adjustment b where b.tag_id = a.tag_id and b.id <> a.id and b.state in
    ('draft', 'proposed', 'approved', 'announced', 'held', 'blocked', 'sent', 'accepted', 'unknown', 'verifying')))`;

/** What the rules of deciding look at. @throws Refusal not_found */
export async function decidable(db: Db | Tx, id: string): Promise<Decidable> {
  const [row] = await db.execute<{ facts: Decidable }>(
    sql`select ${decidableJson} as facts from adjustment a where a.id = ${id}`,
  );
  if (row === undefined) throw new Refusal("not_found");
  return row.facts;
}
