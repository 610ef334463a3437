import { Refusal } from "#server/core/refusal.contract.ts";
import type { Retention } from "./retention.contract.ts";

/**
 * Why these lengths cannot hold together: minutes must outlive the raw readings they were made of, else a closed
 * shift would be left without any evidence between.
 */
export function whyNotRetention(setting: Retention): Refusal | null {
  const longest = Math.max(setting.processDays, setting.stateDays, setting.energyDays);
  if (setting.rollup1mDays < longest)
    return new Refusal("rollups_shorter", { days: longest }, "rollup1mDays");
  if (setting.rollup1mDays < setting.rollup10sDays)
    return new Refusal("rollups_shorter", { days: setting.rollup10sDays }, "rollup1mDays");
  return null;
}
