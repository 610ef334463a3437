import {
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  type PublishRequest,
  type RepublishRequest,
} from "node-opcua-client";
import type { Session } from "./link.ts";
import type { Item } from "./subscription.ts";

/** What a subscription says in one message (Part 4, 7.26). */
export interface Message {
  readonly sequenceNumber: number;
  readonly notificationData: readonly unknown[] | null;
}

/** Twice what comes between two publications, so that a late one costs nothing. 0 = nobody knows how much comes. */
export function queueFor(sampleMs: number, publishMs: number): number {
  return sampleMs === 0 ? 100 : Math.max(2, 2 * Math.ceil(publishMs / sampleMs));
}

export function filterOf({ deadband, every }: Item): DataChangeFilter | null {
  if (deadband === undefined && !every) return null;
  const trigger = every ? DataChangeTrigger.StatusValueTimestamp : DataChangeTrigger.StatusValue;
  if (deadband === undefined) return new DataChangeFilter({ trigger, deadbandType: DeadbandType.None });
  const [deadbandType, deadbandValue] =
    "absolute" in deadband
      ? [DeadbandType.Absolute, deadband.absolute]
      : [DeadbandType.Percent, deadband.percent];
  return new DataChangeFilter({ trigger, deadbandType, deadbandValue });
}

interface Published {
  readonly notificationMessage: Message;
  readonly responseHeader: { readonly timestamp: Date | null };
}

export function publish(session: Session, request: PublishRequest) {
  return new Promise<Published>((resolve, reject) => {
    session.publish(request, (error, response) => {
      if (error !== null || response === undefined) reject(error ?? new Error("no answer"));
      else resolve(response);
    });
  });
}

export function republish(session: Session, request: RepublishRequest): Promise<Message> {
  return new Promise((resolve, reject) => {
    session.republish(request, (error, response) => {
      if (error !== null || response === undefined) reject(error ?? new Error("no answer"));
      else resolve(response.notificationMessage);
    });
  });
}

/** Whether an error names one of these status codes, written as a pattern. */
export const says = (error: unknown, names: string): boolean =>
  error instanceof Error && new RegExp(names).test(error.message);
