import { z } from "zod";
import { instantInPath } from "#server/core/number.contract.ts";
import type { Scope } from "#server/core/access.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { explainStop } from "#server/execution/machine-state/machine-state.commands.ts";
import {
  LineView,
  MachineSummary,
  MachineView,
  StateInterval,
  OfferedReason,
  StopView,
} from "#server/execution/machine-state/machine-state.contract.ts";
import {
  lineList,
  machineIdOf,
  machineList,
  machineView,
} from "#server/execution/machine-state/machines.queries.ts";
import { reportCount, reportState } from "#server/execution/manual/manual.commands.ts";
import { ReportCount, ReportState } from "#server/execution/manual/manual.contract.ts";
import { statesBetween, stopReasons, stopsBetween } from "#server/execution/machine-state/stops.queries.ts";
import { commandRoute, type QueryCall, queryRoute, type Routes } from "../route.ts";

const Code = z.object({ code: z.string().max(64) });
const Period = z.object({ from: instantInPath(), to: instantInPath() });
/** The longest period of states or stops in one answer, ms. */
const longestMs = 92 * 86_400_000;

async function machineOf({ db, input }: QueryCall<typeof Code.shape, z.ZodRawShape>): Promise<number> {
  const id = await machineIdOf(db, input.code);
  if (id === undefined) throw new Refusal("not_found", {}, "code");
  return id;
}

const scope = async (call: QueryCall<typeof Code.shape, z.ZodRawShape>): Promise<Scope> => ({
  machineId: await machineOf(call),
});

function periodOf({ from, to }: { from: number; to: number }): { from: number; to: number } {
  if (!(from < to) || to - from > longestMs)
    throw new Refusal("invalid", { problem: "no possible period" }, "from");
  return { from, to };
}

/** Machines, lines, states and stops. */
export const machinesRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/machines",
    action: "floor.look",
    shared: true,
    response: z.array(MachineSummary),
    summary: "All machines with state, jobs, counts and pace of the running shift",
    run: ({ db, clock }) => machineList(db, clock.now()),
  });
  queryRoute(api, {
    path: "/lines",
    action: "office.look",
    shared: true,
    response: z.array(LineView),
    summary: "Lines with their machines in flow order",
    run: ({ db, clock }) => lineList(db, clock.now()),
  });
  queryRoute(api, {
    path: "/machines/:code",
    params: Code,
    action: "floor.look",
    scope,
    shared: true,
    response: MachineView,
    summary: "One machine: everything its station shows except live values and alarms",
    run: async ({ db, clock, input }) => {
      const view = await machineView(db, input.code, clock.now());
      if (view === undefined) throw new Refusal("not_found", {}, "code");
      return view;
    },
  });
  queryRoute(api, {
    path: "/machines/:code/states",
    params: Code,
    query: Period,
    action: "floor.look",
    scope,
    response: z.array(StateInterval),
    summary: "States of a machine that overlap a period, not clipped; time without one has no data",
    run: async (call) => {
      const { from, to } = periodOf(call.input);
      return statesBetween(call.db, await machineOf(call), from, to);
    },
  });
  queryRoute(api, {
    path: "/machines/:code/stops",
    params: Code,
    query: Period,
    action: "floor.look",
    scope,
    response: z.array(StopView),
    summary: "Stops of a machine that overlap a period, newest first, with the reason of each part",
    run: async (call) => {
      const { from, to } = periodOf(call.input);
      return stopsBetween(call.db, [await machineOf(call)], from, to);
    },
  });
  queryRoute(api, {
    path: "/machines/:code/stop-reasons",
    params: Code,
    action: "floor.look",
    scope,
    response: z.array(OfferedReason),
    summary: "Reasons that can be given for a stop of this machine",
    run: async (call) => stopReasons(call.db, await machineOf(call), call.clock.now()),
  });
  commandRoute(api, {
    path: "/machines/state",
    command: reportState,
    body: ReportState,
    response: z.object({ machineId: z.number() }),
    summary: "Say what a manual machine does",
  });
  commandRoute(api, {
    path: "/machines/count",
    command: reportCount,
    body: z.object(ReportCount.shape),
    response: z.object({ machineId: z.number() }),
    summary: "Count parts of a manual machine, made since the last count",
  });
  commandRoute(api, {
    path: "/stops/:stopId/explain",
    params: z.object({ stopId: z.uuid() }),
    command: explainStop,
    response: z.object({ stopId: z.uuid(), reasonId: z.number() }),
    summary: "Give a stop, or a part of it, its reason",
  });
};
