import { sql } from "drizzle-orm";
import { io, type Socket } from "socket.io-client";
import { station, stationMachine, stationToken } from "#db/schema/execution/stations.ts";
import { newToken, tokenHash } from "#server/core/tokens.ts";
import {
  screensNamespace,
  type ScreenToServer,
  type ServerToScreen,
} from "#server/realtime/protocol.contract.ts";
import type { RunningPlant } from "#server/launcher/plant.ts";
import type { ChaosHouse } from "./house.ts";

export type Screen = Socket<ServerToScreen, ScreenToServer>;

/** A station's device for a machine, as its cookie. */
export async function enrolled(house: Pick<ChaosHouse, "db" | "clock" | "machineId">): Promise<string> {
  const token = newToken();
  const now = house.clock.now();
  const id = crypto.randomUUID();
  await house.db.insert(station).values({ id, name: `Station ${id}`, createdAt: new Date(now) });
  await house.db.insert(stationMachine).values({ stationId: id, machineId: house.machineId });
  await house.db.insert(stationToken).values({
    tokenHash: tokenHash(token),
    stationId: id,
    enrolledAt: new Date(now),
    expiresAt: new Date(now + 3_600_000),
  });
  return `__Host-station=${token}`;
}

/** A screen of that device, as its socket. */
export function screen(house: { readonly plant: Pick<RunningPlant, "urls"> }, cookie: string): Screen {
  return io(house.plant.urls.http + screensNamespace, {
    transports: ["websocket"],
    forceNew: true,
    extraHeaders: { cookie },
    auth: { page: crypto.randomUUID() },
    reconnectionDelay: 250,
    reconnectionDelayMax: 5000,
  });
}

/** Watches the machine and all that is counted. @throws Error when the server goes on refusing */
export async function watches(house: ChaosHouse, socket: Screen): Promise<void> {
  const tags = await house.db.execute<{ id: number }>(sql`select id from tag where metric like 'press-1/n%'`);
  const watch = { scopes: [`machine:${house.machineId}`], tags: tags.map(({ id }) => id), hz: 10 };
  // A station that was just enrolled behind the server's back is known to it a little later.
  await house.until("the server lets the screen watch", async () => {
    const answer = await socket.timeout(20_000).emitWithAck("watch", watch);
    return answer.ok;
  });
}
