import { z } from "zod";
import { rowIdInPath } from "#server/core/number.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { attention } from "#server/execution/alarms/attention.queries.ts";
import { AttentionView } from "#server/execution/alarms/attention.contract.ts";
import { setAuthority } from "#server/execution/detection/detection.commands.ts";
import { DeviationView, RuleView } from "#server/execution/detection/detection.contract.ts";
import { findDeviation, listRules, openDeviations } from "#server/execution/detection/detection.queries.ts";
import { type ApiRouter, commandRoute, queryRoute } from "../route.ts";

/** What needs a supervisor, the deviations behind it, and the rules that found them. */
export function attentionRoutes(api: ApiRouter): void {
  queryRoute(api, {
    path: "/attention",
    action: "office.look",
    response: AttentionView,
    summary: "One ordered list of what needs somebody, and why the asker cannot answer it",
    run: ({ db, clock, actor }) => attention(db, clock.now(), actor),
  });
  queryRoute(api, {
    path: "/deviations",
    action: "office.look",
    query: z.object({ machine: z.string().max(64).optional() }),
    response: z.array(DeviationView),
    summary: "What deviates now, newest first",
    shared: true,
    run: ({ db, input }) => openDeviations(db, input.machine),
  });
  queryRoute(api, {
    path: "/deviations/:deviationId",
    action: "floor.look",
    params: z.object({ deviationId: z.uuid() }),
    response: DeviationView,
    summary: "A deviation with its evidence and its likely cause",
    run: async ({ db, input }) => {
      const found = await findDeviation(db, input.deviationId);
      if (found === null) throw new Refusal("not_found");
      return found;
    },
  });
  queryRoute(api, {
    path: "/rules",
    action: "office.look",
    response: z.array(RuleView),
    summary: "Every rule with its authority and its record",
    shared: true,
    run: ({ db }) => listRules(db),
  });
  commandRoute(api, {
    path: "/rules/:ruleId/authority",
    params: z.object({ ruleId: rowIdInPath() }),
    command: setAuthority,
    response: z.object({ ruleId: z.number().int() }),
    summary: "How far a rule may go: show, recommend, write after approval, write inside its limits",
  });
}
