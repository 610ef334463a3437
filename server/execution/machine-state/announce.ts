import type { Tx } from "#db/client.ts";
import { publish } from "#server/core/facts.ts";
import { isBeforeRunningShift } from "../shifts/shifts.queries.ts";
import type { StateInterval } from "./machine-state.contract.ts";
import { pastChanged, signalChanged, stateChanged, stopClosed, stopOpened } from "./machine-state.facts.ts";
import type { Rebuilt } from "./rebuild.ts";

/** A fact that waits for the end of its transaction: publishing holds the lock of the outbox until commit. */
export type Announcement = (tx: Tx, now: number) => Promise<void>;

const scopeOf = (machineId: number) => `machine:${machineId}`;

export function signalFact(
  machineId: number,
  signal: "guard" | "remote",
  on: boolean,
  at: number,
): Announcement {
  return (tx, now) => publish(tx, signalChanged, scopeOf(machineId), { machineId, signal, on, at }, now);
}

/** What the screens hear of a derivation: another word or fault, a stop that opened or closed. */
export function announceRebuilt(machineId: number, rebuilt: Rebuilt): Announcement[] {
  const { before, after, stops } = rebuilt;
  const facts: Announcement[] = [];
  const scope = scopeOf(machineId);
  if (
    after !== null &&
    (before === null ||
      before.word !== after.word ||
      before.fault !== after.fault ||
      before.start !== after.start)
  )
    facts.push(stateFact(machineId, after));
  for (const { id: stopId, start, end, word, fault, opened, closed } of stops) {
    if (opened)
      facts.push((tx, now) => publish(tx, stopOpened, scope, { machineId, stopId, start, word, fault }, now));
    if (closed && end !== null)
      facts.push((tx, now) => publish(tx, stopClosed, scope, { machineId, stopId, start, end }, now));
  }
  return facts;
}

/**
 * What a backlog says of the present: that a machine was not silent after all. Without it the alarm of its silence
 * would stand until the machine does something else.
 */
export function announceHeard(machineId: number, { before, after }: Rebuilt): Announcement[] {
  const heard = before?.word === "no_data" && after !== null && after.word !== "no_data";
  return heard ? [stateFact(machineId, after)] : [];
}

function stateFact(machineId: number, { word, fault, start: since }: StateInterval): Announcement {
  return (tx, now) => publish(tx, stateChanged, scopeOf(machineId), { machineId, word, fault, since }, now);
}

/** Says that a time before the running shift changed, so that what was computed from it is computed again. */
export async function announcePast(
  tx: Tx,
  machineId: number,
  from: number | null,
  to: number,
  now: number,
): Promise<Announcement[]> {
  if (from === null || !(await isBeforeRunningShift(tx, machineId, from, now))) return [];
  return [
    (t, at) => publish(t, pastChanged, scopeOf(machineId), { machineId, from, to: Math.max(from, to) }, at),
  ];
}
