import { defineReaction, type Reaction } from "#server/core/runner.ts";
import { personChanged, stationChanged } from "#server/execution/people/people.facts.ts";
import type { Auth } from "./auth.ts";

/** Whoever lost a right, or was shut out, loses the sockets too and comes back as what is left. */
export function accessReactions(auth: Pick<Auth, "announceEnded">): Reaction[] {
  return [
    defineReaction("access.person", personChanged, async (_context, { data }) => {
      auth.announceEnded({ personId: data.personId });
    }),
    defineReaction("access.station", stationChanged, async (_context, { data }) => {
      auth.announceEnded({ stationId: data.stationId });
    }),
  ];
}
