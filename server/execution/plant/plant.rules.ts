import { Refusal } from "#server/core/refusal.contract.ts";

/** Whether shifts can be said in this zone; a name that this computer does not know would stop every shift. */
export function whyNotTimeZone(timeZone: string): Refusal | null {
  try {
    // Throws on a name that it does not know.
    instantFormat(timeZone);
    return null;
  } catch {
    return new Refusal("unknown_time_zone", { zone: timeZone }, "timeZone");
  }
}

function instantFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en", { timeZone });
}
