import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import type { MachineView, StopView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { RunningJob } from "#server/execution/orders/orders.contract.ts";

/** The one thing that a station asks for; everything else can wait for it. */
export type NextAction =
  | { readonly kind: "take"; readonly alarm: AlarmCard }
  | { readonly kind: "confirm"; readonly adjustment: AdjustmentSummary }
  | { readonly kind: "continue"; readonly alarm: AlarmCard; readonly runId: string }
  | { readonly kind: "follow"; readonly alarm: AlarmCard }
  | { readonly kind: "explain"; readonly stop: StopView }
  | { readonly kind: "start"; readonly job: RunningJob }
  | { readonly kind: "nothing" };

type Machine = Pick<MachineView, "state" | "stop" | "stops" | "jobs" | "nextJob" | "positions">;

/**
 * What this machine needs from whoever stands at it, most urgent first: an alarm nobody took, a change that
 * waits for a badge, an instruction under way, a stop without a reason, a machine without a job.
 */
export function nextAction(
  machine: Machine,
  alarms: readonly AlarmCard[],
  adjustments: readonly AdjustmentSummary[],
): NextAction {
  const open = alarms
    .filter((alarm) => alarm.state !== "normal" && alarm.state !== "shelved")
    .toSorted(byUrgency);
  const untaken = open.find(needsTaking);
  if (untaken !== undefined) return { kind: "take", alarm: untaken };
  const unconfirmed = adjustments.find((one) => one.state === "announced" && one.needsBadge);
  if (unconfirmed !== undefined) return { kind: "confirm", adjustment: unconfirmed };
  for (const alarm of open) {
    if (alarm.run?.state === "running") return { kind: "continue", alarm, runId: alarm.run.id };
    if (alarm.instruction !== null && alarm.run === null && alarm.active) return { kind: "follow", alarm };
  }
  const unexplained = stopsWithoutReason(machine)[0];
  if (unexplained !== undefined) return { kind: "explain", stop: unexplained };
  if (
    machine.jobs.length < machine.positions &&
    machine.nextJob !== null &&
    machine.nextJob.state !== "waiting"
  )
    return { kind: "start", job: machine.nextJob };
  return { kind: "nothing" };
}

/** The first position of the machine where nothing runs; null when all are taken. */
export function freePosition(machine: Pick<MachineView, "jobs" | "positions">): number | null {
  const taken = new Set(machine.jobs.map((job) => job.position));
  for (let position = 1; position <= machine.positions; position++) if (!taken.has(position)) return position;
  return null;
}

/** Nobody took it yet, whether its condition still holds or not. */
export function needsTaking(alarm: Pick<AlarmCard, "state">): boolean {
  return alarm.state === "unack" || alarm.state === "rtn_unack";
}

/** Highest priority first, then longest first. */
export function byUrgency(a: AlarmCard, b: AlarmCard): number {
  return a.priority - b.priority || a.since - b.since;
}

/** Stops of which some part has no reason, the open one first. */
export function stopsWithoutReason(machine: Pick<MachineView, "stop" | "stops">): readonly StopView[] {
  const all =
    machine.stop === null
      ? machine.stops
      : [machine.stop, ...machine.stops.filter((s) => s.id !== machine.stop?.id)];
  return all.filter((stop) => stop.parts.some((part) => part.reason === null));
}

/** Card of the list, or the pushed one if it is newer: a push is drawn before the list is read again. */
export function newestCards(
  listed: readonly AlarmCard[],
  pushed: ReadonlyMap<string, AlarmCard>,
): readonly AlarmCard[] {
  const known = new Set(listed.map((card) => card.id));
  const merged = listed.map((card) => {
    const other = pushed.get(card.id);
    return other !== undefined && other.version > card.version ? other : card;
  });
  const fresh = [...pushed.values()].filter((card) => !known.has(card.id));
  return [...merged, ...fresh].filter((card) => card.state !== "normal").toSorted(byUrgency);
}
