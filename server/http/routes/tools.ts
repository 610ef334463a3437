import { z } from "zod";
import { Refusal } from "#server/core/refusal.contract.ts";
import { maintainTool, mountTool, storeTool } from "#server/execution/tools/mounts.commands.ts";
import { addTool, changeTool, setCavities, setFit } from "#server/execution/tools/tools.commands.ts";
import { ToolPage, ToolView } from "#server/execution/tools/tools.contract.ts";
import { listTools, toolPage } from "#server/execution/tools/tools.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const OneTool = z.object({ toolId: z.uuid() });

/** Tools: what they are, where they are, how many shots they made, and what they can make. */
export const toolsRoutes: Routes = (api) => {
  const one = "/tools/:toolId";
  const params = OneTool;
  queryRoute(api, {
    path: "/tools",
    action: "office.look",
    response: z.array(ToolView),
    summary: "Tools with their shots, open cavities and places",
    run: ({ db, clock }) => listTools(db, clock.now()),
  });
  queryRoute(api, {
    path: one,
    params,
    action: "office.look",
    response: ToolPage,
    summary: "One tool with where it was, what was open and what was done to it",
    run: async ({ db, clock, input }) => {
      const found = await toolPage(db, input.toolId, clock.now());
      if (found === undefined) throw new Refusal("not_found");
      return found;
    },
  });
  commandRoute(api, { path: "/tools", command: addTool, response: OneTool, summary: "Add a tool" });
  commandRoute(api, {
    path: one,
    params,
    command: changeTool,
    response: OneTool,
    summary: "Change what is said of a tool, or put it away",
  });
  commandRoute(api, {
    path: `${one}/cavities`,
    params,
    command: setCavities,
    response: OneTool,
    summary: "Say how many cavities give parts, from a time on",
  });
  commandRoute(api, {
    path: `${one}/fit`,
    params,
    command: setFit,
    response: OneTool,
    summary: "Say which operations a tool can make",
  });
  commandRoute(api, {
    path: `${one}/mount`,
    params,
    command: mountTool,
    response: OneTool,
    summary: "Put a tool onto a machine",
  });
  commandRoute(api, {
    path: `${one}/store`,
    params,
    command: storeTool,
    response: OneTool,
    summary: "Take a tool off its machine and say where it lies",
  });
  commandRoute(api, {
    path: `${one}/maintained`,
    params,
    command: maintainTool,
    response: z.object({ toolId: z.uuid(), shots: z.number() }),
    summary: "A tool was maintained: its shots are counted anew",
  });
};
