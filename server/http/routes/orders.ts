import { z } from "zod";
import { Refusal } from "#server/core/refusal.contract.ts";
import { finishJob, pauseJob, startJob } from "#server/execution/orders/orders.commands.ts";
import { CreateOrder, OrderView, WaitingJob } from "#server/execution/orders/orders.contract.ts";
import { orderById, orderList, allWaiting } from "#server/execution/orders/orders.queries.ts";
import {
  cancelOrder,
  closeOrder,
  holdOrder,
  releaseOrder,
  reopenOrder,
} from "#server/execution/orders/order-state.commands.ts";
import { createOrder, placeJob, splitOrder } from "#server/execution/orders/planning.commands.ts";
import {
  CancelOrder,
  CloseOrder,
  HoldOrder,
  ReleaseOrder,
  ReopenOrder,
} from "#server/execution/orders/planning.contract.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const bodies = {
  hold: HoldOrder.omit({ orderId: true }),
  release: ReleaseOrder.omit({ orderId: true }),
  close: CloseOrder.omit({ orderId: true }),
  reopen: ReopenOrder.omit({ orderId: true }),
  cancel: CancelOrder.omit({ orderId: true }),
};
const JobId = z.object({ jobId: z.uuid() });
const OrderId = z.object({ orderId: z.uuid() });
const Ran = z.object({ runId: z.uuid() });
const Made = z.object({ orderId: z.uuid(), jobIds: z.array(z.uuid()) });

/** Orders and their jobs. */
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
    response: Made,
    summary: "Make an order with its jobs",
  });
  queryRoute(api, {
    path: "/orders/:orderId",
    params: OrderId,
    action: "floor.look",
    response: OrderView,
    summary: "One order with its jobs",
    run: async ({ db, clock, input }) => {
      const order = await orderById(db, input.orderId, clock.now());
      if (order === undefined) throw new Refusal("not_found");
      return order;
    },
  });
  commandRoute(api, {
    path: "/orders/:orderId/split",
    params: OrderId,
    command: splitOrder,
    response: Made,
    summary: "Move parts of an order to a new one that remembers it",
  });
  for (const [deed, command, summary] of [
    ["hold", holdOrder, "Put an order on hold: nothing of it may begin"],
    ["release", releaseOrder, "Free an order that is on hold"],
    ["close", closeOrder, "Close an order: nothing more is posted to it"],
    ["reopen", reopenOrder, "Open a closed order again, so that it can be corrected"],
    ["cancel", cancelOrder, "Take back an order of which nothing was begun"],
  ] as const)
    commandRoute(api, {
      path: `/orders/:orderId/${deed}`,
      params: OrderId,
      command,
      body: bodies[deed],
      response: OrderId,
      summary,
    });
  queryRoute(api, {
    path: "/jobs/waiting",
    action: "office.look",
    shared: true,
    response: z.array(WaitingJob),
    summary: "What waits for each machine, in the order in which it is to be done",
    run: ({ db, clock }) => allWaiting(db, clock.now()),
  });
  commandRoute(api, {
    path: "/jobs/:jobId/place",
    params: JobId,
    command: placeJob,
    response: z.object({ jobIds: z.array(z.uuid()) }),
    summary: "Put a waiting job before another one in its machine's queue, or at the end",
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
};
