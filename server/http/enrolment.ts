import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { station, stationCode, stationToken } from "#db/schema/execution/stations.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { StationHere } from "#server/execution/people/stations.contract.ts";
import { stationOfToken } from "#server/execution/people/stations.queries.ts";
import { newToken, tokenHash } from "#server/core/tokens.ts";

/** A device stays a station for 30 days after it was last used. */
export const stationSeconds = 30 * 86_400;

/**
 * Takes a code and gives the device its token; what the device was before ends. @throws Refusal `code_wrong`:
 * unknown, used, too old, or its station is shut out
 */
export async function enrolDevice(
  db: Db,
  code: string,
  previousToken: string | null,
  now: number,
): Promise<{ station: StationHere; token: string }> {
  return db.transaction(async (tx) => {
    const [used] = await tx
      .update(stationCode)
      .set({ usesLeft: sql`${stationCode.usesLeft} - 1` })
      .where(
        and(
          eq(stationCode.codeHash, tokenHash(code)),
          gt(stationCode.expiresAt, new Date(now)),
          or(isNull(stationCode.usesLeft), gt(stationCode.usesLeft, 0)),
        ),
      )
      .returning({ stationId: stationCode.stationId });
    if (used === undefined) throw new Refusal("code_wrong");
    if (previousToken !== null) {
      await tx.delete(stationToken).where(eq(stationToken.tokenHash, tokenHash(previousToken)));
    }
    const token = newToken();
    await tx.insert(stationToken).values({
      tokenHash: tokenHash(token),
      stationId: used.stationId,
      enrolledAt: new Date(now),
      expiresAt: new Date(now + stationSeconds * 1000),
    });
    await tx
      .update(station)
      .set({ lastSeenAt: new Date(now) })
      .where(eq(station.id, used.stationId));
    const found = await stationOfToken(tx, tokenHash(token), now);
    if (found === null) throw new Refusal("code_wrong");
    return { station: found.station, token };
  });
}

/** The device is in use: its token lasts again as long as at the beginning. */
export async function prolongDevice(db: Db, token: string, now: number): Promise<void> {
  await db
    .update(stationToken)
    .set({ expiresAt: new Date(now + stationSeconds * 1000) })
    .where(eq(stationToken.tokenHash, tokenHash(token)));
}
