import { redirect } from "next/navigation";
import { currentSession } from "#app/_lib/server/session.ts";
import { landingOf } from "#server/http/landing.rules.ts";

/** The front page is where one's role begins; nobody signs in. */
export default async function FrontPage(): Promise<never> {
  const { actor, station } = await currentSession();
  if (actor.kind === "nobody") redirect("/sign-in");
  redirect(landingOf(actor, station?.machines[0]?.code ?? null));
}
