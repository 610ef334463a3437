import { z } from "zod";
import { rowIdInPath } from "#server/core/number.contract.ts";
import {
  addReasonGroup,
  changeReasonGroup,
  moveReasonGroup,
  removeReasonGroup,
} from "#server/execution/reasons/groups.commands.ts";
import { addStopReason, changeStopReason } from "#server/execution/reasons/reasons.commands.ts";
import {
  AddReasonGroup,
  AddStopReason,
  ChangeReasonGroup,
  ChangeStopReason,
  MoveReasonGroup,
  ReasonTree,
  ReasonUse,
  useSpanMs,
} from "#server/execution/reasons/reasons.contract.ts";
import { readReasonTree } from "#server/execution/reasons/reasons.queries.ts";
import { reasonUse } from "#server/execution/reasons/use.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const Reason = z.object({ reasonId: rowIdInPath() });
const Group = z.object({ groupId: rowIdInPath() });
const reasonId = z.object({ reasonId: z.number() });
const groupId = z.object({ groupId: z.number() });

/** Why machines stand: the tree of reasons, what each was given for, and its headings. */
export const reasonsRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/stop-reasons",
    action: "admin.look",
    response: ReasonTree,
    summary: "The tree of stop reasons: headings, every reason there is or was, and how it counts now",
    run: ({ db, clock }) => readReasonTree(db, clock.now()),
  });
  queryRoute(api, {
    path: "/stop-reasons/use",
    action: "admin.look",
    response: z.array(ReasonUse),
    summary: "How many stops each reason stood for in the last 30 days, and for how long",
    run: ({ db, clock }) => reasonUse(db, clock.now() - useSpanMs, clock.now()),
  });
  commandRoute(api, {
    path: "/stop-reasons",
    command: addStopReason,
    body: AddStopReason,
    response: reasonId,
    summary: "Add a stop reason",
  });
  commandRoute(api, {
    path: "/stop-reasons/:reasonId",
    params: Reason,
    command: changeStopReason,
    body: ChangeStopReason.omit({ reasonId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: reasonId,
    summary: "Change a stop reason from now on, put it away or take it up",
  });
  commandRoute(api, {
    path: "/stop-reason-groups",
    command: addReasonGroup,
    body: AddReasonGroup,
    response: groupId,
    summary: "Add a heading for stop reasons",
  });
  commandRoute(api, {
    path: "/stop-reason-groups/:groupId",
    params: Group,
    command: changeReasonGroup,
    body: ChangeReasonGroup.omit({ groupId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: groupId,
    summary: "Name a heading anew",
  });
  commandRoute(api, {
    path: "/stop-reason-groups/:groupId/move",
    params: Group,
    command: moveReasonGroup,
    body: MoveReasonGroup.omit({ groupId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: groupId,
    summary: "Put a heading at another place among the headings",
  });
  commandRoute(api, {
    path: "/stop-reason-groups/:groupId/remove",
    params: Group,
    command: removeReasonGroup,
    body: z.object({}),
    input: ({ params }) => params,
    response: groupId,
    summary: "Take away a heading under which no reason stands",
  });
};
