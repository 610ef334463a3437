import { lt, or, sql } from "drizzle-orm";
import { throttle, userSession } from "#db/schema/core/auth.ts";
import { stationCode, stationToken } from "#db/schema/execution/stations.ts";
import type { Schedule } from "#server/core/runner.ts";
import type { Auth } from "./auth.ts";
import { sweepBadgeSessions } from "./badge-sessions.ts";

/** A count that nobody added to for this long says nothing any more. */
const throttleMemoryMs = 48 * 3_600_000;

/** Signs off who was idle too long (and cuts the sockets), and removes what can never be used again. */
export function accessSchedules(auth: Pick<Auth, "announceEnded">): Schedule[] {
  return [
    {
      name: "access.sweep",
      everyMs: 10_000,
      run: async ({ tx, now }) => {
        const sessionIds = await sweepBadgeSessions(tx, now);
        if (sessionIds.length > 0) auth.announceEnded({ sessionIds });
      },
    },
    {
      name: "access.clean",
      everyMs: 3_600_000,
      run: async ({ tx, now }) => {
        const at = new Date(now);
        const gone = await tx
          .delete(userSession)
          .where(lt(userSession.expiresAt, at))
          .returning({ id: userSession.id });
        if (gone.length > 0) auth.announceEnded({ sessionIds: gone.map((row) => row.id) });
        await tx.delete(stationToken).where(lt(stationToken.expiresAt, at));
        await tx
          .delete(stationCode)
          .where(or(lt(stationCode.expiresAt, at), sql`${stationCode.usesLeft} = 0`));
        await tx.delete(throttle).where(lt(throttle.since, new Date(now - throttleMemoryMs)));
      },
    },
  ];
}
