import { eq } from "drizzle-orm";
import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import type { Db } from "#db/client.ts";
import { adjustment } from "#db/schema/execution/adjustments.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import {
  AdjustmentFilter,
  AdjustmentForPerson,
  AdjustmentSummary,
} from "#server/execution/adjustments/adjustments.contract.ts";
import { adjustmentForPerson, listAdjustments } from "#server/execution/adjustments/adjustments.queries.ts";
import { setAutomation } from "#server/execution/adjustments/automation.commands.ts";
import {
  approveAdjustment,
  confirmAtMachine,
  holdAdjustment,
  rejectAdjustment,
  releaseAdjustment,
  resolveAdjustment,
} from "#server/execution/adjustments/decide.commands.ts";
import { proposeAdjustment, returnAdjustment } from "#server/execution/adjustments/propose.commands.ts";
import { type ApiRouter, commandRoute, queryRoute } from "../route.ts";

const One = z.object({ adjustmentId: z.uuid() });
const Nothing = z.object({});

interface Asked {
  readonly db: Db;
  readonly actor: Actor;
  readonly clock: Clock;
}

/** Set-point changes on their way from proposal to verdict, and the one touch that turns automation off. */
export function adjustmentsRoutes(api: ApiRouter): void {
  const params = One;
  const one = "/adjustments/:adjustmentId";
  const response = AdjustmentForPerson;
  const view = async ({ adjustmentId }: { adjustmentId: string }, asked: Asked) => {
    const found = await adjustmentForPerson(asked.db, adjustmentId, asked.actor, asked.clock.now());
    if (found === null) throw new Refusal("not_found");
    return found;
  };
  queryRoute(api, {
    path: "/adjustments",
    action: "floor.look",
    query: AdjustmentFilter,
    response: z.array(AdjustmentSummary),
    summary: "Adjustments, newest first; of one machine (by code) or of the plant",
    shared: true,
    run: ({ db, input }) => listAdjustments(db, input),
  });
  queryRoute(api, {
    path: one,
    params,
    action: "floor.look",
    response,
    summary:
      "An adjustment with evidence, prediction, measurement, timeline, and what the asker may do with it",
    run: ({ input, ...asked }) => view(input, asked),
  });
  commandRoute(api, {
    path: "/adjustments",
    command: proposeAdjustment,
    response,
    summary: "Propose a change of one's own",
    view,
  });
  const decision = <I>(name: string, command: Command<I, { adjustmentId: string }>, summary: string) =>
    commandRoute(api, { path: `${one}/${name}`, params, command, response, summary, view });
  decision("approve", approveAdjustment, "Approve what was looked at");
  decision("reject", rejectAdjustment, "Say no, with a reason");
  decision("release", releaseAdjustment, "Go on after a hold or a block");
  decision("resolve", resolveAdjustment, "Say what the machine did, or that it was seen");
  decision("return", returnAdjustment, "Take a change back");
  const ofMachine = async (parts: { params: { adjustmentId: string }; db: Db }) => ({
    ...parts.params,
    machineId: await machineOf(parts.db, parts.params.adjustmentId),
  });
  commandRoute(api, {
    path: `${one}/hold`,
    params,
    command: holdAdjustment,
    body: Nothing,
    input: ofMachine,
    response,
    summary: "Hold it before it is sent: one tap, no login",
    view,
  });
  commandRoute(api, {
    path: `${one}/confirm`,
    params,
    command: confirmAtMachine,
    body: Nothing,
    input: ofMachine,
    response,
    summary: "Confirm it with a badge at the machine",
    view,
  });
  commandRoute(api, {
    path: "/machines/:code/automation",
    params: z.object({ code: z.string().max(64) }),
    command: setAutomation,
    body: z.object({ on: z.boolean(), tagId: rowId().optional() }),
    input: async ({ params: { code }, body, db }) => ({ ...body, machineId: await machineByCode(db, code) }),
    response: z.object({ machineId: z.number().int(), on: z.boolean() }),
    summary: "Turn a machine's automation off, or on again; with a tag: end the suspension of one set-point",
  });
}

async function machineOf(db: Db, adjustmentId: string): Promise<number> {
  const [row] = await db
    .select({ machineId: adjustment.machineId })
    .from(adjustment)
    .where(eq(adjustment.id, adjustmentId));
  if (row === undefined) throw new Refusal("not_found");
  return row.machineId;
}

async function machineByCode(db: Db, code: string): Promise<number> {
  const [row] = await db.select({ id: workUnit.id }).from(workUnit).where(eq(workUnit.code, code));
  if (row === undefined) throw new Refusal("not_found");
  return row.id;
}
