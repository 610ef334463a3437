import { z } from "zod";
import { decideCounter } from "#server/execution/counters/doubts.commands.ts";
import { CounterDoubtFilter, CounterDoubtView } from "#server/execution/counters/doubts.contract.ts";
import { listCounterDoubts } from "#server/execution/counters/doubts.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

/** Counters that went down so that the readings alone do not say why. */
export const countersRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/counters/doubts",
    query: CounterDoubtFilter,
    action: "office.look",
    response: z.array(CounterDoubtView),
    summary: "Counters that went down and left a doubt, newest first",
    run: ({ db, input }) => listCounterDoubts(db, input),
  });
  commandRoute(api, {
    path: "/counters/decide",
    command: decideCounter,
    response: z.object({ counted: z.number() }),
    summary: "Say what a counter that went down was: a reset, a roll-over, or a wrong reading",
  });
};
