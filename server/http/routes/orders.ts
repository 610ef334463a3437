import { z } from "zod";
import { holdLot, loadLot, releaseLot } from "#server/execution/materials/materials.commands.ts";
import { LotView } from "#server/execution/materials/materials.contract.ts";
import { lotList } from "#server/execution/materials/materials.queries.ts";
import { correctJobRun } from "#server/execution/orders/correction.commands.ts";
import { finishJob, pauseJob, startJob } from "#server/execution/orders/orders.commands.ts";
import { CreateOrder, OrderView } from "#server/execution/orders/orders.contract.ts";
import { orderList } from "#server/execution/orders/orders.queries.ts";
import { createOrder } from "#server/execution/orders/planning.commands.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const JobId = z.object({ jobId: z.uuid() });
const LotId = z.object({ lotId: z.uuid() });
const Ran = z.object({ runId: z.uuid() });
const Lots = z.object({ lotIds: z.array(z.uuid()) });

/** Orders, jobs and the lots they use. */
export const ordersRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/orders",
    action: "floor.look",
    shared: true,
    response: z.array(OrderView),
    summary: "Orders with their jobs, open ones first",
    run: ({ db, clock }) => orderList(db, clock.now()),
  });
  commandRoute(api, {
    path: "/orders",
    command: createOrder,
    body: CreateOrder,
    response: z.object({ orderId: z.uuid(), jobIds: z.array(z.uuid()) }),
    summary: "Make an order with its jobs",
  });
  commandRoute(api, {
    path: "/jobs/:jobId/start",
    params: JobId,
    command: startJob,
    response: Ran,
    summary: "Begin a job at a position of its machine, now or at an earlier instant",
  });
  commandRoute(api, {
    path: "/jobs/:jobId/pause",
    params: JobId,
    command: pauseJob,
    response: Ran,
    summary: "Interrupt a running job",
  });
  commandRoute(api, {
    path: "/jobs/:jobId/finish",
    params: JobId,
    command: finishJob,
    response: Ran.extend({ outLotId: z.uuid().nullable(), orderDone: z.boolean() }),
    summary: "End a running job, with or without a lot of what came out",
  });
  commandRoute(api, {
    path: "/job-runs/:runId/correct",
    params: z.object({ runId: z.uuid() }),
    command: correctJobRun,
    response: Ran,
    summary: "Say when a run really was; the old version is kept",
  });
  queryRoute(api, {
    path: "/lots",
    action: "floor.look",
    response: z.array(LotView),
    summary: "Lots in the house, those on hold first",
    run: ({ db }) => lotList(db),
  });
  commandRoute(api, {
    path: "/lots/:lotId/load",
    params: LotId,
    command: loadLot,
    response: Ran,
    summary: "Put a material lot on what runs at a machine",
  });
  commandRoute(api, {
    path: "/lots/:lotId/hold",
    params: LotId,
    command: holdLot,
    response: Lots,
    summary: "Freeze a lot and what was made from it",
  });
  commandRoute(api, {
    path: "/lots/:lotId/release",
    params: LotId,
    command: releaseLot,
    response: Lots,
    summary: "Free a lot that is on hold",
  });
};
