import { z } from "zod";
import { instantInPath, rowIdInPath } from "#server/core/number.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import {
  AddShiftPattern,
  EndShiftPattern,
  ShiftPattern,
  ShiftView,
} from "#server/execution/shifts/shifts.contract.ts";
import { allPatterns, shiftsBetween } from "#server/execution/shifts/shifts.queries.ts";
import {
  addException,
  changeException,
  removeException,
} from "#server/execution/shifts/calendar.commands.ts";
import {
  AddException,
  CalendarView,
  ChangeException,
  ChangeShiftPattern,
} from "#server/execution/shifts/calendar.contract.ts";
import { readCalendar } from "#server/execution/shifts/calendar.queries.ts";
import {
  addShiftPattern,
  changeShiftPattern,
  endShiftPattern,
} from "#server/execution/shifts/patterns.commands.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const Pattern = z.object({ patternId: rowIdInPath() });
const dayMs = 86_400_000;

/** When lines work: patterns, single days that are otherwise, and the shifts that come of both. */
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
  queryRoute(api, {
    path: "/shift-patterns",
    action: "admin.look",
    response: z.array(ShiftPattern),
    summary: "Shift patterns that hold now, of all lines",
    run: ({ db, clock }) => allPatterns(db, clock.now()),
  });
  commandRoute(api, {
    path: "/shift-patterns",
    command: addShiftPattern,
    body: AddShiftPattern,
    response: z.object({ patternId: z.number() }),
    summary: "Add a shift pattern to a line",
  });
  commandRoute(api, {
    path: "/shift-patterns/:patternId/end",
    params: Pattern,
    command: endShiftPattern,
    body: EndShiftPattern.omit({ patternId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: z.object({ patternId: z.number() }),
    summary: "End a shift pattern, now or from a local date on; the running shift is worked to its end",
  });
  commandRoute(api, {
    path: "/shift-patterns/:patternId",
    params: Pattern,
    command: changeShiftPattern,
    body: ChangeShiftPattern.omit({ patternId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: z.object({ patternId: z.number() }),
    summary: "Change a shift pattern from a local date on",
  });
  queryRoute(api, {
    path: "/calendar",
    action: "calendar.plan",
    response: CalendarView,
    summary:
      "What the days of every line are made of: patterns, what is said otherwise of single days, what has begun",
    run: ({ db, clock }) => readCalendar(db, clock.now()),
  });
  commandRoute(api, {
    path: "/calendar/exceptions",
    command: addException,
    body: AddException,
    response: z.object({ exceptionId: z.number() }),
    summary: "Say that a line works otherwise on a day: holiday, overtime, a day that runs like another",
  });
  commandRoute(api, {
    path: "/calendar/exceptions/:exceptionId",
    params: z.object({ exceptionId: rowIdInPath() }),
    command: changeException,
    body: ChangeException.omit({ exceptionId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: z.object({ exceptionId: z.number() }),
    summary: "Say other times, another name or reason of a day; a running overtime may end later",
  });
  commandRoute(api, {
    path: "/calendar/exceptions/:exceptionId/remove",
    params: z.object({ exceptionId: rowIdInPath() }),
    command: removeException,
    body: z.object({}),
    input: ({ params }) => params,
    response: z.object({ exceptionId: z.number() }),
    summary: "Take back what was said of a day",
  });
};
