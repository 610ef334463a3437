import type { Actor } from "#server/core/actor.contract.ts";
import type { Auth } from "./auth.ts";

/** The one way from a request (or a socket's handshake) to its actor, in every process. */
export async function actorFrom(headers: Headers, auth: Pick<Auth, "identify">): Promise<Actor> {
  return (await auth.identify(headers)).actor;
}
