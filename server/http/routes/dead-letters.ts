import { z } from "zod";
import { discardDeadLetters, replayDeadLetters } from "#server/execution/ingest/dead-letters.commands.ts";
import {
  DeadLetterFilter,
  DeadLetterView,
  GapView,
  LetterGroup,
} from "#server/execution/ingest/dead-letters.contract.ts";
import {
  listDeadLetters,
  listGaps,
  listLetterGroups,
} from "#server/execution/ingest/dead-letters.queries.ts";
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
  queryRoute(api, {
    path: "/dead-letters/groups",
    action: "deadletter.manage",
    response: z.array(LetterGroup),
    summary: "Open dead letters, those that say the same of the same together",
    run: ({ db }) => listLetterGroups(db),
  });
  commandRoute(api, {
    path: "/dead-letters/replay",
    command: replayDeadLetters,
    response: z.object({ replayed: z.number(), still: z.number() }),
    summary: "Store what dead letters say, by the tags as they are now",
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
