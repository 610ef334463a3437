import { headers } from "next/headers";
import { cache } from "react";
import { createAuth, type Auth } from "#server/http/auth.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { activePerson } from "#server/execution/people/people.queries.ts";
import type { StationHere } from "#server/execution/people/stations.contract.ts";
import { db } from "./db.ts";
import { webEnvironment } from "./environment.ts";
import { stationById } from "./station.queries.ts";

export interface CurrentSession {
  readonly actor: Actor;
  /** The station this device is enrolled as. */
  readonly station: StationHere | null;
  /** The signed-on person's language. */
  readonly personLanguage: string | null;
}

const kept = globalThis as { millwrightAuth?: Auth };

function auth(): Auth {
  kept.millwrightAuth ??= createAuth(webEnvironment().auth, db(), { disableRefresh: true });
  return kept.millwrightAuth;
}

/** Who this request comes from, once a request. Reads only: a page makes no session longer. */
export const currentSession = cache(async (): Promise<CurrentSession> => {
  const { actor, stationId } = await auth().identify(new Headers(await headers()));
  const [station, person] = await Promise.all([
    stationId === null ? null : stationById(db(), stationId),
    actor.personId === undefined ? null : activePerson(db(), actor.personId),
  ]);
  return { actor, station, personLanguage: person?.language ?? null };
});
