import type { Db } from "#db/client.ts";
import { type Actor, nobody } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import { activePerson, type SignedPerson } from "#server/execution/people/people.queries.ts";
import type { StationHere } from "#server/execution/people/stations.contract.ts";
import { stationOfToken } from "#server/execution/people/stations.queries.ts";
import { tokenHash } from "#server/core/tokens.ts";
import { findBadgeSession } from "./badge-sessions.ts";
import { cookieNames, readCookie } from "./cookies.ts";
import type { PasswordSessions } from "./password-sessions.ts";

export interface SessionRef {
  /** `badge` covers badge and PIN at a station. */
  readonly kind: "badge" | "password";
  readonly id: string;
  /** When it ends if nothing more is done, ms. */
  readonly until: number;
}

/** Who a request comes from, and through which session: what sockets need to be cut when it ends. */
export interface Identity {
  readonly actor: Actor;
  readonly session: SessionRef | null;
  readonly stationId: string | null;
}

/** What the cookies of a request stand for, as the database has it now. */
export interface Resolved {
  readonly station: StationHere | null;
  /** When the device's token ends, ms; 0 when there is none. */
  readonly tokenExpiresAt: number;
  readonly person: SignedPerson | null;
  readonly session: SessionRef | null;
}

/** The one reader of cookies. A badge counts before a password: it is the later and the smaller right. */
export function createResolver(
  db: Db,
  passwords: PasswordSessions,
  clock: Clock,
): (headers: Headers) => Promise<Resolved> {
  async function sessionOf(
    headers: Headers,
    station: StationHere | null,
  ): Promise<(SessionRef & { personId: string }) | null> {
    const badge = readCookie(headers, cookieNames.badge);
    if (badge !== null && station !== null) {
      const found = await findBadgeSession(db, badge, station.id, clock.now());
      if (found !== null) return { kind: "badge", ...found };
    }
    if (readCookie(headers, cookieNames.session) === null) return null;
    const found = await passwords.find(headers);
    return found === null ? null : { kind: "password", ...found };
  }

  return async (headers) => {
    const token = readCookie(headers, cookieNames.station);
    const device = token === null ? null : await stationOfToken(db, tokenHash(token), clock.now());
    const place = { station: device?.station ?? null, tokenExpiresAt: device?.expiresAt ?? 0 };
    const session = await sessionOf(headers, place.station);
    // Asked each time: whoever may not come in any more is out at once.
    const person = session === null ? null : await activePerson(db, session.personId);
    if (session === null || person === null) return { ...place, person: null, session: null };
    return { ...place, person, session: { kind: session.kind, id: session.id, until: session.until } };
  };
}

/** A badge at a station acts on its machines; a password is the person, wherever the browser stands. */
export function actorOf({ station, person, session }: Omit<Resolved, "tokenExpiresAt">): Actor {
  const machineIds = station?.machines.map((machine) => machine.id) ?? [];
  if (person !== null) {
    const who = { kind: "person", personId: person.id, name: person.name, roles: person.roles } as const;
    if (station === null) return who;
    return session?.kind === "badge"
      ? { ...who, stationId: station.id, machineIds }
      : { ...who, stationId: station.id };
  }
  if (station !== null)
    return { kind: "station", name: station.name, roles: [], stationId: station.id, machineIds };
  return nobody;
}
