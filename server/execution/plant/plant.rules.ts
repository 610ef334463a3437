import { Refusal } from "#server/core/refusal.contract.ts";

/** Whether shifts can be said in this zone; a name that this computer does not know would stop every shift. */
export function whyNotTimeZone(timeZone: string): Refusal | null {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return null;
  } catch {
    return new Refusal("unknown_time_zone", { zone: timeZone }, "timeZone");
  }
}
