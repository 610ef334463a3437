import { z } from "zod";
import { instantInPath } from "#server/core/number.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { OeeReport, RunningOee } from "#server/enterprise/oee/oee.contract.ts";
import { runningOee } from "#server/enterprise/oee/oee.queries.ts";
import { oeeReport } from "#server/enterprise/oee/report.queries.ts";
import { queryRoute, type Routes } from "../route.ts";

const dayMs = 86_400_000;

/** OEE of the running shift and of past days. */
export const oeeRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/oee/running",
    query: z.object({ machine: z.string().max(64).optional() }),
    action: "reports.look",
    shared: true,
    response: z.array(RunningOee),
    summary:
      "OEE of the running shift with availability, performance, quality and the time buckets, by machine",
    run: ({ db, clock, input }) => runningOee(db, clock.now(), input.machine),
  });
  queryRoute(api, {
    path: "/oee",
    query: z.object({
      machine: z.string().max(64).optional(),
      line: z.string().max(64).optional(),
      from: instantInPath().optional(),
      to: instantInPath().optional(),
      by: OeeReport.shape.by.default("day"),
    }),
    action: "reports.look",
    shared: true,
    response: OeeReport,
    summary:
      "Pooled OEE of the production days of a period (by default the last 30 days) by day, shift, machine or line",
    run: ({ db, clock, input }) => {
      const to = input.to ?? clock.now();
      const from = input.from ?? to - 30 * dayMs;
      if (!(from < to) || to - from > 800 * dayMs)
        throw new Refusal("invalid", { problem: "no possible period" }, "from");
      return oeeReport(db, { ...input, from, to });
    },
  });
};
