import { and, eq, isNull, or } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { causeRule } from "#db/schema/execution/detection.ts";
import { type CauseCondition, likelyCause } from "./cause.rules.ts";
import type { CauseView, DeviationKind } from "./detection.contract.ts";
import { latestOfMachine, metricName } from "./signals.queries.ts";

export interface FoundCause {
  readonly causeRuleId: number;
  readonly code: string;
  readonly instructionCode: string | null;
  readonly signals: CauseView["signals"];
}

/** The likely cause of a deviation of this kind on this machine, by the machine's newest stored signals. */
export async function findCause(
  db: Db | Tx,
  deviation: { readonly kind: DeviationKind; readonly machineId: number; readonly direction: "up" | "down" },
  now: number,
): Promise<FoundCause | null> {
  const rows = await db
    .select()
    .from(causeRule)
    .where(
      and(
        eq(causeRule.kind, deviation.kind),
        or(isNull(causeRule.machineId), eq(causeRule.machineId, deviation.machineId)),
      ),
    );
  if (rows.length === 0) return null;
  const signals = (await latestOfMachine(db, deviation.machineId, now)).map((s) => ({
    tagId: s.tagId,
    metric: metricName(s.metric),
    name: s.name,
    unit: s.unit,
    value: s.num ?? Number.NaN,
    good: s.quality < 2 && s.num !== null && s.at !== null && now - s.at <= s.freshMs,
  }));
  const rules = rows.map((row) => ({
    id: row.id,
    code: row.code,
    rank: row.rank,
    direction: row.direction ?? undefined,
    conditions: row.conditions as CauseCondition[],
  }));
  const found = likelyCause(rules, deviation.direction, signals);
  if (found === null) return null;
  return {
    causeRuleId: found.rule.id,
    code: found.rule.code,
    instructionCode: rows.find((row) => row.id === found.rule.id)?.instructionCode ?? null,
    signals: found.signals.map(({ tagId, name, value, unit, op, limit }) => ({
      tagId,
      name,
      value,
      unit,
      op,
      limit,
    })),
  };
}
