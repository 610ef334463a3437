import { Refusal } from "#server/core/refusal.contract.ts";

/** What decides what may be done with an order; a screen's `OrderView` is one. */
export interface OrderFacts {
  readonly code: string;
  readonly state: string;
  readonly quantity: number;
  readonly jobs: readonly { readonly sequence: number; readonly state: string; readonly good: number }[];
}

const over = ["completed", "closed", "cancelled"];

const wrongState = (order: OrderFacts) => new Refusal("wrong_state", { state: order.state });

/** Parts that left the last operation: what the order delivered. */
export function delivered(order: OrderFacts): number {
  const last = order.jobs
    .filter((job) => job.state !== "cancelled")
    .toSorted((a, b) => b.sequence - a.sequence)[0];
  return last?.good ?? 0;
}

/** The most that any of its operations has made. */
export function made(order: OrderFacts): number {
  return Math.max(0, ...order.jobs.map((job) => job.good));
}

/** Most parts that can move to another order: what is made stays here, and at least one part. */
export function splittable(order: OrderFacts): number {
  return order.quantity - Math.max(1, made(order));
}

/** Why so many parts cannot move to an order of their own, or null. */
export function whyNotSplit(order: OrderFacts, quantity: number): Refusal | null {
  if (over.includes(order.state)) return wrongState(order);
  if (quantity > splittable(order))
    return new Refusal("below_made", { made: made(order), most: Math.max(0, splittable(order)) }, "quantity");
  return null;
}

/** Why an order cannot be put on hold, or null. */
export function whyNotHold(order: OrderFacts): Refusal | null {
  return over.includes(order.state) || order.state === "held" ? wrongState(order) : null;
}

export function whyNotRelease(order: OrderFacts): Refusal | null {
  return order.state === "held" ? null : wrongState(order);
}

/** What an order is once it is held no longer: as far as its jobs have come. */
export function stateAfterHold(order: OrderFacts): "completed" | "running" | "ready" {
  const is =
    (...states: string[]) =>
    (job: { readonly state: string }) =>
      states.includes(job.state);
  const begun = order.jobs.some(is("running", "paused", "completed"));
  if (!begun) return "ready";
  return order.jobs.every(is("completed", "cancelled")) ? "completed" : "running";
}

/**
 * Why an order cannot be closed, or null. Closed is not completed: after it nothing more is posted to the order
 * (B2MML RequestState), so a job that runs has to end first, and too few parts want a reason.
 */
export function whyNotClose(order: OrderFacts, reason: string | undefined): Refusal | null {
  if (order.state === "closed" || order.state === "cancelled") return wrongState(order);
  if (order.jobs.some((job) => job.state === "running"))
    return new Refusal("order_running", { order: order.code });
  if (order.jobs.every((job) => ["waiting", "ready", "cancelled"].includes(job.state)))
    return new Refusal("order_not_started", { order: order.code });
  if (delivered(order) < order.quantity && reason === undefined)
    return new Refusal("reason_needed", {}, "reason");
  return null;
}

export function whyNotReopen(order: OrderFacts): Refusal | null {
  return order.state === "closed" ? null : wrongState(order);
}

/** Only an order of which nothing was begun can be taken back. */
export function whyNotCancel(order: OrderFacts): Refusal | null {
  if (over.includes(order.state)) return wrongState(order);
  return order.jobs.every((job) => ["waiting", "ready", "cancelled"].includes(job.state))
    ? null
    : new Refusal("order_started", { order: order.code });
}

/** The queue after one job went before another; null = at the end. Unknown jobs leave it as it is. */
export function placed(queue: readonly string[], job: string, before: string | null): readonly string[] {
  if (!queue.includes(job) || before === job) return queue;
  const rest = queue.filter((one) => one !== job);
  const at = before === null ? rest.length : rest.indexOf(before);
  return at < 0 ? queue : [...rest.slice(0, at), job, ...rest.slice(at)];
}
