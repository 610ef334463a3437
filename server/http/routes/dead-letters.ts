import { z } from "zod";
import { discardDeadLetters } from "#server/execution/ingest/dead-letters.commands.ts";
import { DeadLetterFilter, DeadLetterView, GapView } from "#server/execution/ingest/dead-letters.contract.ts";
import { listDeadLetters, listGaps } from "#server/execution/ingest/dead-letters.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

/** What could not be stored, and what never came. */
export const deadLettersRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/dead-letters",
    query: DeadLetterFilter,
    action: "deadletter.manage",
    response: z.array(DeadLetterView),
    summary: "Readings and frames that could not be stored, newest first",
    run: ({ db, input }) => listDeadLetters(db, input),
  });
  commandRoute(api, {
    path: "/dead-letters/discard",
    command: discardDeadLetters,
    response: z.object({ discarded: z.number() }),
    summary: "Put dead letters away, with a reason",
  });
  queryRoute(api, {
    path: "/gaps",
    query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200) }),
    action: "office.look",
    response: z.array(GapView),
    summary: "Stretches whose readings will never come, newest first",
    run: ({ db, input }) => listGaps(db, input.limit),
  });
};
