import { z } from "zod";
import { rowIdInPath } from "#server/core/number.contract.ts";
import type { Db } from "#db/client.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { abandonInstruction, completeStep } from "#server/execution/guidance/guidance.commands.ts";
import { InstructionRunView } from "#server/execution/guidance/guidance.contract.ts";
import { findRun } from "#server/execution/guidance/guidance.queries.ts";
import { type ApiRouter, commandRoute, queryRoute } from "../route.ts";

/** Following an instruction, step by step, from any station. */
export function guidanceRoutes(api: ApiRouter): void {
  const one = "/instruction-runs/:runId";
  queryRoute(api, {
    path: one,
    params: z.object({ runId: z.uuid() }),
    action: "floor.look",
    response: InstructionRunView,
    summary: "A run with every step",
    run: ({ db, input }) => runView(db, input.runId),
  });
  commandRoute(api, {
    path: `${one}/steps/:step`,
    params: z.object({ runId: z.uuid(), step: rowIdInPath() }),
    command: completeStep,
    response: InstructionRunView,
    summary: "Pass the current step; a step bound to a live value is passed by the machine",
    view: ({ runId }, { db }) => runView(db, runId),
  });
  commandRoute(api, {
    path: `${one}/abandon`,
    params: z.object({ runId: z.uuid() }),
    command: abandonInstruction,
    response: InstructionRunView,
    summary: "Stop following it",
    view: ({ runId }, { db }) => runView(db, runId),
  });
}

export async function runView(db: Db, id: string): Promise<InstructionRunView> {
  const found = await findRun(db, id);
  if (found === null) throw new Refusal("not_found");
  return found;
}
