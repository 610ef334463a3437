import { z } from "zod";
import { instantInPath, rowIdInPath } from "#server/core/number.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { ShiftView } from "#server/execution/shifts/shifts.contract.ts";
import { shiftsBetween } from "#server/execution/shifts/shifts.queries.ts";
import { queryRoute, type Routes } from "../route.ts";

const dayMs = 86_400_000;

/** Shift instances as they were and will be. */
export const shiftsRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/shifts",
    query: z.object({
      from: instantInPath().optional(),
      to: instantInPath().optional(),
      lineId: rowIdInPath().optional(),
    }),
    action: "floor.look",
    response: z.array(ShiftView),
    summary: "Shifts that overlap a period; by default from yesterday to in a week",
    run: ({ db, clock, input }) => {
      const from = input.from ?? clock.now() - dayMs;
      const to = input.to ?? clock.now() + 7 * dayMs;
      if (!(from < to) || to - from > 92 * dayMs)
        throw new Refusal("invalid", { problem: "no possible period" }, "from");
      return shiftsBetween(db, from, to, input.lineId);
    },
  });
};
