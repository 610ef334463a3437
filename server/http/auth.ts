import type { Db, Tx } from "#db/client.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { type Clock, systemClock } from "#server/core/clock.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { activePerson } from "#server/execution/people/people.queries.ts";
import { verifyPin } from "#server/execution/people/passwords.ts";
import { touchStation } from "#server/execution/people/presence.ts";
import type { StationHere } from "#server/execution/people/stations.contract.ts";
import { auditAccess, tryOnce } from "./attempts.ts";
import { actorOf, createResolver, type Identity, type Resolved } from "./identity.ts";
import * as badges from "./badge-sessions.ts";
import { cookieNames, readCookie, writeCookie } from "./cookies.ts";
import { type Ended, createEndings } from "./endings.ts";
import { enrolDevice, prolongDevice, stationSeconds } from "./enrolment.ts";
import { createPasswordSessions } from "./password-sessions.ts";
import { landingOf } from "./landing.rules.ts";
import type { SessionView } from "./session.contract.ts";
import { claimAttempt, forgiveAttempt, perPerson, perPersonEverywhere, perPlace } from "./throttle.ts";

export interface AuthConfig {
  /** Signs session cookies; 256 random bits. */
  readonly secret: string;
  /** Goes into the hash of each PIN; 256 random bits that are not in the database. */
  readonly pepper: string;
}

export interface AuthOptions {
  /** For a process that only reads, such as the one that renders screens: sessions are never made longer. */
  readonly disableRefresh?: boolean;
  readonly clock?: Clock;
}

/** Headers of a request and the address it came from. */
export interface Caller {
  readonly headers: Headers;
  readonly address: string;
}

/** What a sign-on answers: cookies to set. */
export interface SignedOn {
  readonly cookies: readonly string[];
}

export interface Auth {
  /** Who this request comes from. Reads only; nothing else reads cookies. */
  identify(headers: Headers): Promise<Identity>;
  /** Somebody did something (a write, a touch of the screen): a badge session stays awake. */
  touch(identity: Identity): Promise<void>;
  /** Who this browser is and where it begins; makes what is in use last longer. */
  session(headers: Headers): Promise<{ view: SessionView; cookies: readonly string[] }>;
  /** @throws Refusal `badge_needed` off a station, `badge_unknown`, `badge_lost`, `badge_replaced`, `pin_throttled` */
  signOnWithBadge(from: Caller, badge: string): Promise<SignedOn>;
  /** @throws Refusal `badge_needed` off a station, `pin_wrong` (also for an unknown person), `pin_throttled` */
  signOnWithPin(from: Caller, personCode: string, pin: string): Promise<SignedOn>;
  /** @throws Refusal `sign_in_wrong` (also for an unknown person), `pin_throttled` */
  signInWithPassword(from: Caller, personCode: string, password: string): Promise<SignedOn>;
  /** Ends the person's sessions of this browser in the database; the station stays enrolled. */
  signOut(from: Caller): Promise<SignedOn>;
  /** Makes this browser the station of a code. @throws Refusal `code_wrong`, `too_many` */
  enrol(from: Caller, code: string): Promise<SignedOn>;
  /** Called whenever sessions end, so that their sockets can be cut. @returns a function that ends the calls */
  onSessionEnded(listener: (ended: Ended) => void): () => void;
  /** Tells the listeners; used where sessions were ended in the database. */
  announceEnded(ended: Ended): void;
}

/** The one identity service, for the server and (with `disableRefresh`) for the process that renders screens. */
export function createAuth(config: AuthConfig, db: Db, options: AuthOptions = {}): Auth {
  const clock = options.clock ?? systemClock;
  const passwords = createPasswordSessions(config.secret, db, options.disableRefresh ?? false);
  const endings = createEndings();
  const resolve = createResolver(db, passwords, clock);

  async function stationOf(headers: Headers): Promise<StationHere> {
    const { station } = await resolve(headers);
    // Badges and PINs count on enrolled devices alone.
    if (station === null) throw new Refusal("not_a_station");
    return station;
  }

  const audit = (
    tx: Tx,
    actor: Actor,
    action: string,
    objectType: string,
    objectId: string,
    after?: object,
  ) =>
    auditAccess(tx, clock, actor, {
      action,
      objectType,
      objectId,
      ...(after === undefined ? {} : { after }),
    });

  /** One person a browser: whoever was signed on before is signed off, under whatever kind of session. */
  async function endPrevious(from: Caller): Promise<string[]> {
    const before = await resolve(from.headers);
    const cookies: string[] = [];
    const badge = readCookie(from.headers, cookieNames.badge);
    if (badge !== null) {
      await db.transaction((tx) => badges.endBadgeSession(tx, badge));
      cookies.push(writeCookie(cookieNames.badge, "", 0));
    }
    if (readCookie(from.headers, cookieNames.session) !== null) {
      cookies.push(...(await passwords.end(from.headers)));
    }
    const { session, person } = before;
    if (session !== null && person !== null) {
      await db.transaction((tx) => audit(tx, actorOf(before), "session.end", "person", person.id));
      endings.announce({ sessionIds: [session.id] });
    }
    return cookies;
  }

  async function startAtStation(
    from: Caller,
    station: StationHere,
    who: { personId: string; how: "badge" | "pin" },
  ): Promise<SignedOn> {
    const person = await activePerson(db, who.personId);
    if (person === null) throw new Refusal(who.how === "badge" ? "badge_unknown" : "pin_wrong");
    const ended = await endPrevious(from);
    const token = await db.transaction(async (tx) => {
      const now = clock.now();
      const started = await badges.startBadgeSession(tx, { ...who, stationId: station.id }, now);
      const actor = actorOf({ station, person, session: { kind: "badge", id: started.id, until: now } });
      await audit(tx, actor, "session.start", "person", person.id, { how: who.how });
      return started.token;
    });
    const cookie = writeCookie(cookieNames.badge, token, badges.absoluteMs / 1000);
    return { cookies: [...without(ended, cookieNames.badge), cookie] };
  }

  /** A station that is in use stays one: its token is made longer once a day. */
  async function keepStation(headers: Headers, { station, tokenExpiresAt }: Resolved): Promise<string[]> {
    const token = readCookie(headers, cookieNames.station);
    if (station === null || token === null) return [];
    const now = clock.now();
    await touchStation(db, station.id, now);
    if (tokenExpiresAt - now > (stationSeconds - 86_400) * 1000) return [];
    await prolongDevice(db, token, now);
    return [writeCookie(cookieNames.station, token, stationSeconds)];
  }

  return {
    async identify(headers) {
      const resolved = await resolve(headers);
      return { actor: actorOf(resolved), session: resolved.session, stationId: resolved.station?.id ?? null };
    },

    async touch({ session }) {
      if (session?.kind === "badge") await badges.touchBadgeSession(db, session.id, clock.now());
    },

    async session(headers) {
      const resolved = await resolve(headers);
      const { station, person, session } = resolved;
      const cookies = await keepStation(headers, resolved);
      if (session?.kind === "password") cookies.push(...(await passwords.refresh(headers)));
      const actor = actorOf(resolved);
      const view: SessionView = {
        actor,
        station,
        landing: landingOf(actor, station?.machines[0]?.code ?? null),
        language: person?.language ?? station?.language ?? null,
        until: session?.until ?? null,
      };
      return { view, cookies };
    },

    async signOnWithBadge(from, badge) {
      const station = await stationOf(from.headers);
      const personId = await tryOnce(db, clock, {
        actor: standing(station),
        how: "badge",
        own: [],
        place: [{ key: `badge:station:${station.id}`, rule: perPlace }],
        wrong: await badges.whyNotBadge(db, badge),
        verify: () => badges.personOfBadge(db, badge),
      });
      return startAtStation(from, station, { personId, how: "badge" });
    },

    async signOnWithPin(from, personCode, pin) {
      const station = await stationOf(from.headers);
      // One person has one count, by code or by badge; a text that names nobody is counted in the same way, so that
      // the answers do not tell which persons exist.
      const known = await badges.pinOfPerson(db, personCode);
      const whose = known.personId ?? `typed:${personCode.toLowerCase()}`;
      const personId = await tryOnce(db, clock, {
        actor: standing(station),
        how: "pin",
        own: [{ key: `pin:person:${whose}`, rule: perPerson }],
        place: [{ key: `pin:station:${station.id}`, rule: perPlace }],
        wrong: new Refusal("pin_wrong"),
        verify: async () => ((await verifyPin(known.hash, pin, config.pepper)) ? known.personId : null),
      });
      return startAtStation(from, station, { personId, how: "pin" });
    },

    async signInWithPassword(from, personCode, password) {
      const code = personCode.toLowerCase();
      const { station } = await resolve(from.headers);
      let started: readonly string[] = [];
      const personId = await tryOnce(db, clock, {
        actor: standing(station),
        how: "password",
        // Counted per person and address: a stranger elsewhere cannot lock somebody out.
        own: [{ key: `password:${code}:${from.address}`, rule: perPerson }],
        place: [
          { key: `password:person:${code}`, rule: perPersonEverywhere },
          { key: `password:address:${from.address}`, rule: perPlace },
        ],
        wrong: new Refusal("sign_in_wrong"),
        verify: async () => {
          const signed = await passwords.signIn(code, password);
          started = signed?.cookies ?? [];
          return signed?.personId ?? null;
        },
      });
      const ended = await endPrevious(from);
      const person = await activePerson(db, personId);
      const actor = actorOf({ station, person, session: { kind: "password", id: "", until: 0 } });
      await db.transaction((tx) =>
        audit(tx, actor, "session.start", "person", personId, { how: "password" }),
      );
      return { cookies: [...without(ended, cookieNames.session), ...started] };
    },

    async signOut(from) {
      return { cookies: await endPrevious(from) };
    },

    async enrol(from, code) {
      const place = { key: `enrol:address:${from.address}`, rule: perPlace };
      if ((await claimAttempt(db, [place], clock.now())) !== null) throw new Refusal("too_many");
      const previous = readCookie(from.headers, cookieNames.station);
      const { station, token } = await enrolDevice(db, code, previous, clock.now());
      await forgiveAttempt(db, [], [place]);
      // Whoever enrolled the device must not stay signed in on a screen that stands open on the floor.
      const ended = await endPrevious(from);
      await db.transaction((tx) => audit(tx, standing(station), "station.enrol", "station", station.id));
      return { cookies: [...ended, writeCookie(cookieNames.station, token, stationSeconds)] };
    },

    onSessionEnded: (listener) => endings.listen(listener),
    announceEnded: (ended) => endings.announce(ended),
  };
}

/** The actor of a station (or of no station) with nobody signed on. */
const standing = (station: StationHere | null): Actor => actorOf({ station, person: null, session: null });

/** Without the cookies of one name: an end is not sent beside the new beginning. */
const without = (cookies: readonly string[], name: string): string[] =>
  cookies.filter((cookie) => !cookie.startsWith(`${name}=`));
