import { and, eq } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { tag } from "#db/schema/device/tags.ts";
import { adjustment, adjustmentApproval, adjustmentEvent } from "#db/schema/execution/adjustments.ts";
import { detectionRule } from "#db/schema/execution/detection.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import type { AdjustmentState, PredictedEffect, Verification } from "./adjustments.contract.ts";
import { Limits, RuleAction } from "./plan.contract.ts";

const day = 86_400_000;
type Verdict = Extract<AdjustmentState, "helped" | "did_not_help" | "cannot_tell">;

/** What became of the demo's earlier changes, oldest first: a record that a supervisor may weigh. */
const past: readonly { readonly verdict: Verdict; readonly drift: number; readonly follow: number }[] = [
  { verdict: "helped", drift: 9, follow: 0.94 },
  { verdict: "helped", drift: 11, follow: 1.02 },
  { verdict: "did_not_help", drift: 8, follow: 0.97 },
  { verdict: "helped", drift: 12, follow: 0.99 },
  { verdict: "cannot_tell", drift: 7, follow: 0.9 },
  { verdict: "helped", drift: 10, follow: 1.05 },
  { verdict: "helped", drift: 8.5, follow: 0.96 },
  { verdict: "did_not_help", drift: 10, follow: 1.01 },
  { verdict: "helped", drift: 13, follow: 0.98 },
];

/**
 * Thirty days of changes with all three verdicts for every rule that moves a set-point. Past only: no fact, no alarm.
 * `decider` approved them. May be called again; what stands stays.
 */
export async function seedAdjustments(
  db: Db | Tx,
  {
    now,
    decider,
  }: { readonly now: number; readonly decider: { readonly id: string; readonly name: string } },
): Promise<void> {
  const rules = await db.select().from(detectionRule).where(eq(detectionRule.kind, "temperature_drift"));
  for (const rule of rules) {
    if (rule.action === null || rule.helped + rule.didNotHelp + rule.cannotTell > 0) continue;
    const action = RuleAction.parse(rule.action);
    const [target] = await db.select().from(tag).where(eq(tag.id, action.targetTagId));
    const [process] = await db
      .select()
      .from(tag)
      .where(and(eq(tag.id, rule.tagId)));
    if (target?.writable == null || process === undefined) continue;
    const limits = Limits.parse(target.writable);
    // Each rule has its own stretch of the common past, so that no two presses look the same.
    const own = past.slice(rule.id % 3, 6 + (rule.id % 4));
    for (const [i, change] of own.entries()) {
      const at = now - Math.round(((own.length - i) / (own.length + 1)) * 30 * day);
      await seedChange(db, { rule, action, limits, process, at, change, decider, n: i });
    }
    const count = (verdict: Verdict) => own.filter((c) => c.verdict === verdict).length;
    await db
      .update(detectionRule)
      .set({
        helped: count("helped"),
        didNotHelp: count("did_not_help"),
        cannotTell: count("cannot_tell"),
      })
      .where(eq(detectionRule.id, rule.id));
  }
}

interface Seeded {
  readonly rule: typeof detectionRule.$inferSelect;
  readonly action: RuleAction;
  readonly limits: Limits;
  readonly process: typeof tag.$inferSelect;
  readonly at: number;
  readonly change: (typeof past)[number];
  readonly decider: { readonly id: string; readonly name: string };
  readonly n: number;
}

async function seedChange(db: Db | Tx, s: Seeded): Promise<void> {
  const { rule, action, process, at, change } = s;
  const { plan } = action;
  const normal = action.target ?? 230;
  const oldValue = normal;
  const newValue = Math.round((normal - action.gain * change.drift) * 10) / 10;
  const id = stableId(`seed:adjustment:${rule.id}:${s.n}`);
  const announcedAt = at + 60_000;
  const sentAt = announcedAt + 20_000;
  const effectiveAt = sentAt + 1500;
  const endedAt = effectiveAt + Math.round(plan.t3Ms * (change.verdict === "cannot_tell" ? 1 : 0.6));
  const verification = measured(s, { oldValue, newValue, sentAt, effectiveAt });
  const reason = { key: `adjustment.reason.${rule.kind}`, params: reasonParams(s, normal) };
  const inserted = await db
    .insert(adjustment)
    .values({
      id,
      state: change.verdict,
      version: 8,
      machineId: rule.machineId,
      tagId: action.targetTagId,
      oldValue,
      newValue,
      reason,
      authorKind: "rule",
      authorName: process.name,
      ruleId: rule.id,
      limits: s.limits,
      plan,
      approvalsNeeded: s.limits.riskClass,
      predicted: { process: null, kpi: null } satisfies PredictedEffect,
      createdAt: new Date(at),
      notAfter: new Date(at + action.proposalMs),
      actuationId: stableId(`seed:actuation:${id}`),
      counterEpoch: "demo",
      counter: s.n,
      sentAt: new Date(sentAt),
      answeredAt: new Date(sentAt + 200),
      effectiveAt: new Date(effectiveAt),
      verification,
      verdictReason: verification.reason,
      endedAt: new Date(endedAt),
    })
    .onConflictDoNothing()
    .returning({ id: adjustment.id });
  if (inserted.length === 0) return;
  const { decider } = s;
  await db
    .insert(adjustmentApproval)
    .values({ adjustmentId: id, personId: decider.id, name: decider.name, at: new Date(announcedAt - 1000) });
  const person = { kind: "person", personId: decider.id, name: decider.name, roles: ["supervisor"] };
  const system = serviceActor("dispatcher");
  const steps: [number, string, AdjustmentState, unknown][] = [
    [at, "proposed", "proposed", serviceActor("proposals")],
    [announcedAt - 1000, "approved", "approved", person],
    [announcedAt, "announced", "announced", system],
    [sentAt, "sent", "sent", system],
    [sentAt + 200, "accepted", "accepted", system],
    [effectiveAt, "echoed", "verifying", system],
    [endedAt, change.verdict, change.verdict, system],
  ];
  for (const [when, event, state, actor] of steps)
    await db.insert(adjustmentEvent).values({ adjustmentId: id, at: new Date(when), event, state, actor });
}

function reasonParams({ process, change }: Seeded, normal: number): Record<string, string | number> {
  return {
    tag: process.name,
    value: normal + change.drift,
    normal,
    difference: change.drift,
    direction: "up",
    unit: process.unit ?? "",
  };
}

const reasons = { helped: "kpi_better", did_not_help: "kpi_worse", cannot_tell: "not_enough_data" } as const;
const says = { helped: "better", did_not_help: "worse", cannot_tell: "not_yet" } as const;

/** Scrap over temperature as the demo's presses make it: least at the normal, a bowl around it. */
function scrapAt(distance: number): number {
  return 0.012 + 0.17 * (distance / 14) ** 2;
}

function measured(
  { action, process, change }: Seeded,
  t: { oldValue: number; newValue: number; sentAt: number; effectiveAt: number },
): Verification {
  const { plan } = action;
  const normal = action.target ?? 230;
  const step = t.newValue - t.oldValue;
  const before = normal + change.drift;
  const now = before + change.follow * action.slope * step;
  // Where the sensor had drifted, the melt was right before and is too cold after.
  const wrong = change.verdict === "did_not_help";
  const was = wrong ? scrapAt(0) : scrapAt(change.drift);
  const is = wrong ? scrapAt(step) : scrapAt(now - normal);
  const unsure = change.verdict === "cannot_tell";
  const half = unsure ? Math.abs(was - is) + 0.03 : Math.abs(was - is) * 0.6;
  const { id, name, unit, decimals } = process;
  return {
    phase: "done",
    deadlines: {
      echo: t.sentAt + plan.t1Ms,
      process: t.effectiveAt + plan.t2Ms,
      kpi: t.effectiveAt + plan.t3Ms,
    },
    echo: { at: t.effectiveAt, value: t.newValue },
    process: {
      tag: { id, name, unit, decimals },
      before,
      now,
      expected: before + action.slope * step,
      says: "right",
    },
    kpi: {
      name: "scrap_ratio",
      unit: null,
      before: { value: was, n: 400 },
      after: { value: is, n: unsure ? 96 : 360 },
      improvement: was - is,
      low: was - is - half,
      high: was - is + half,
      says: says[change.verdict],
    },
    guards: [],
    reason: reasons[change.verdict],
  };
}
