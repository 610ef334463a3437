import type { StopReasonRecord } from "#server/execution/reasons/reasons.contract.ts";

/** How a reason's time counts (ISO 22400-2): a delay, set-up time, or planned down time outside planned busy time. */
export const waysToCount = ["delay", "setup", "planned"] as const;
export type WayToCount = (typeof waysToCount)[number];

/** Planned goes before: time that was never meant for production is no set-up loss either. */
export function countsAs(reason: Pick<StopReasonRecord, "planned" | "changeover">): WayToCount {
  return reason.planned ? "planned" : reason.changeover ? "setup" : "delay";
}
