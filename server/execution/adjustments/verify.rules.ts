import type { AdjustmentState, KpiResult, Verification } from "./adjustments.contract.ts";

type Reason = NonNullable<Verification["reason"]>;

export interface EchoInput {
  readonly now: number;
  readonly sentAt: number;
  readonly t1Ms: number;
  readonly newValue: number;
  readonly tolerance: number;
  /** The set-point's good readings since it was sent, oldest first. */
  readonly readings: readonly { readonly at: number; readonly value: number }[];
}

/** The first rung: the machine says the new set-point itself within t1. */
export function judgeEcho(p: EchoInput): { at: number; value: number } | "wait" | "missing" {
  const echo = p.readings.find((r) => Math.abs(r.value - p.newValue) <= p.tolerance);
  if (echo !== undefined) return { at: echo.at, value: echo.value };
  return p.now - p.sentAt > p.t1Ms ? "missing" : "wait";
}

/** The second rung: the process value goes where the slope says. */
export function judgeProcess(p: {
  readonly before: number;
  readonly now: number;
  readonly setpointChange: number;
  readonly slope: number;
  readonly noise: number;
}): "right" | "not_yet" | "wrong" {
  const moved = (p.now - p.before) * Math.sign(p.setpointChange * p.slope);
  if (moved >= p.noise) return "right";
  return moved <= -p.noise ? "wrong" : "not_yet";
}

export interface VerdictInput {
  readonly now: number;
  readonly effectiveAt: number;
  readonly t2Ms: number;
  readonly t3Ms: number;
  /** What ended the measuring from outside. */
  readonly interrupted: Extract<
    Reason,
    "context_changed" | "second_change" | "operator_moved" | "local_control"
  > | null;
  readonly process: "right" | "not_yet" | "wrong" | null;
  readonly kpi: Pick<KpiResult, "says"> | null;
  readonly guards: readonly Pick<KpiResult, "says">[];
  /** Whether the plan measures a KPI at all. */
  readonly measured: boolean;
}

export interface Verdict {
  readonly state: Extract<AdjustmentState, "helped" | "did_not_help" | "cannot_tell">;
  readonly reason: Reason;
}

/**
 * helped, did not help, or cannot tell yet; null = go on measuring. What comes from outside ends it first: then
 * nobody can tell, and nothing moves by itself.
 */
export function judge(p: VerdictInput): Verdict | null {
  const since = p.now - p.effectiveAt;
  if (p.interrupted !== null) return { state: "cannot_tell", reason: p.interrupted };
  if (p.guards.some((g) => g.says === "worse")) return { state: "did_not_help", reason: "guard_kpi_worse" };
  if (p.kpi?.says === "worse") return { state: "did_not_help", reason: "kpi_worse" };
  if (since >= p.t2Ms && p.process === "wrong")
    return { state: "did_not_help", reason: "process_moved_wrong" };
  const followed = p.process === null || p.process === "right";
  if (p.kpi?.says === "better" && followed && since >= p.t2Ms)
    return { state: "helped", reason: "kpi_better" };
  if (p.kpi?.says === "not_better" && since >= p.t2Ms)
    return { state: "did_not_help", reason: "kpi_not_better" };
  if (!p.measured && (followed || since >= p.t2Ms)) return { state: "cannot_tell", reason: "not_measured" };
  if (since < p.t3Ms) return null;
  return { state: "cannot_tell", reason: followed ? "not_enough_data" : "process_did_not_follow" };
}
