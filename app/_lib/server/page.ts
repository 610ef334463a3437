import { redirect } from "next/navigation";
import { type Action, can, type Scope } from "#server/core/access.rules.ts";
import { landingOf } from "#server/http/landing.rules.ts";
import { type CurrentSession, currentSession } from "./session.ts";

export interface PageGuard {
  /** This page's own path and query: where somebody comes back to after signing in. */
  readonly at: string;
  readonly scope?: Scope;
}

/**
 * Guards a page: `const { actor } = await requirePage("office.look", { at: "/office" })`. Nobody is sent to sign
 * in and comes back afterwards; somebody without the right is sent to where their role begins.
 */
export async function requirePage(action: Action, guard: PageGuard): Promise<CurrentSession> {
  const session = await currentSession();
  if (can(session.actor, action, guard.scope)) return session;
  const signIn = `/sign-in?next=${encodeURIComponent(guard.at)}`;
  // The floor asks for an enrolled device first, every other page for a person.
  if (session.actor.kind === "nobody") redirect(action.startsWith("floor.") ? "/floor" : signIn);
  if (session.actor.kind === "station" && !action.startsWith("floor.")) redirect(signIn);
  redirect(landingOf(session.actor, session.station?.machines[0]?.code ?? null));
}
