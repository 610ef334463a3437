/** A signal that speaks for a cause: the newest value of the machine's metric of that name. */
export interface CauseCondition {
  readonly metric: string;
  readonly op: "<" | ">";
  readonly limit: number;
}

export interface CauseRule {
  readonly id: number;
  readonly code: string;
  readonly rank: number;
  /** Direction of the deviation it fits; left out = both. */
  readonly direction?: "up" | "down" | undefined;
  readonly conditions: readonly CauseCondition[];
}

export interface Signal {
  readonly tagId: number;
  readonly metric: string;
  readonly name: string;
  readonly unit: string | null;
  readonly value: number;
  readonly good: boolean;
}

export interface LikelyCause {
  readonly rule: CauseRule;
  readonly signals: readonly (Signal & { readonly op: "<" | ">"; readonly limit: number })[];
}

/**
 * The likely cause: the first rule, by rank, whose every condition is proved by a good signal. A rule without
 * conditions fits always and stands last. No rule fits: no cause is named, which is honest.
 */
export function likelyCause(
  rules: readonly CauseRule[],
  direction: "up" | "down",
  signals: readonly Signal[],
): LikelyCause | null {
  for (const rule of rules.toSorted((a, b) => a.rank - b.rank)) {
    if (rule.direction !== undefined && rule.direction !== direction) continue;
    const proofs = rule.conditions.map((condition) => {
      const signal = signals.find((s) => s.metric === condition.metric && s.good);
      if (signal === undefined) return null;
      const holds = condition.op === "<" ? signal.value < condition.limit : signal.value > condition.limit;
      return holds ? { ...signal, op: condition.op, limit: condition.limit } : null;
    });
    if (proofs.every((p) => p !== null)) return { rule, signals: proofs };
  }
  return null;
}
