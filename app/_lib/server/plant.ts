import { eq } from "drizzle-orm";
import { equipment } from "#db/schema/execution/plant.ts";
import { systemClock } from "#server/core/clock.ts";
import { db } from "./db.ts";

const keepMs = 5000;
let known: { zone: string; until: number } | undefined;

/** The IANA zone of the site, in which every screen tells the time. UTC while there is no site or no database. */
export async function plantTimeZone(): Promise<string> {
  const now = systemClock.monotonic();
  if (known !== undefined && known.until > now) return known.zone;
  try {
    const [site] = await db()
      .select({ zone: equipment.timeZone })
      .from(equipment)
      .where(eq(equipment.level, "site"))
      .limit(1);
    // A plant without a site is being set up: its zone may be named any moment.
    if (site?.zone == null) return "UTC";
    known = { zone: site.zone, until: now + keepMs };
  } catch {
    // A page that says "the database is away" must still be drawn.
    return known?.zone ?? "UTC";
  }
  return known.zone;
}
