import { StatusCodes } from "node-opcua-client";
import type { Grant } from "./subscription.ts";

type Of<K extends Grant["kind"]> = Extract<Grant, { readonly kind: K }>;

const aboutFilters = [
  StatusCodes.BadDeadbandFilterInvalid,
  StatusCodes.BadFilterNotAllowed,
  StatusCodes.BadMonitoredItemFilterUnsupported,
  StatusCodes.BadMonitoredItemFilterInvalid,
];

/** Why the server does not watch a variable, in words. */
export function whyNotWatched({ status, item }: Of<"refused">): string {
  if (aboutFilters.some((code) => status.equals(code))) {
    return item.deadband !== undefined && "percent" in item.deadband
      ? "the server takes no deadband in percent here, because the variable has no range (EURange): give an absolute one"
      : "the server takes no deadband here: leave it out";
  }
  if (status.equals(StatusCodes.BadNotReadable) || status.equals(StatusCodes.BadUserAccessDenied)) {
    return "the server does not let this user read it";
  }
  return `the server does not watch it and says ${status.name}`;
}

/**
 * TRAP: a queue of one between two publications loses all values but the last, and no flag tells it (Part 4, 5.13.1.5:
 * the overflow bit is for queues longer than one). Null where the queue suffices.
 */
export function whyTooFewKept({ sampleMs, queue, item }: Of<"watched">, publishMs: number): string | null {
  // A server that gives no sampling interval says each change.
  if (sampleMs <= 0) {
    return queue > 1 || item.queue === 1
      ? null
      : "the server keeps one value between two publications, and loses the others: lower publishMs";
  }
  const taken = Math.ceil(publishMs / sampleMs);
  if (queue >= taken || item.queue === queue) return null;
  return `the server takes ${taken} values between two publications and keeps ${queue}: raise sampleMs or lower publishMs`;
}
