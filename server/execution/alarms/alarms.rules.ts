import { Refusal } from "#server/core/refusal.contract.ts";
import type { AlarmKind, AlarmState } from "./alarms.contract.ts";

/**
 * ISA-18.2 §5 as we use it. `raise`/`clear` come from the condition, the others from people or the clock. What
 * an unshelved alarm becomes depends on the condition *now*, never on what it was before; shelving does not
 * acknowledge. `settle` is the `clear` of a kind whose end is answer enough.
 */
export type AlarmMove = "raise" | "clear" | "settle" | "take" | "shelve" | "unshelve";

/**
 * Kinds that nobody has to take once they are over: a machine that is heard again, a backup that was made after all,
 * a disk with room say themselves that it is well.
 */
const settling: ReadonlySet<string> = new Set<AlarmKind>([
  "no_data",
  "backup_failed",
  "backup_old",
  "disk_space",
]);

/** What the end of its condition does to an alarm of a kind. */
export function moveAtEnd(kind: string): AlarmMove {
  return settling.has(kind) ? "settle" : "clear";
}

export interface AlarmCondition {
  readonly state: AlarmState;
  readonly active: boolean;
}

/** The state after a move; null = this move means nothing here. */
export function moveAlarm(alarm: AlarmCondition, move: AlarmMove): AlarmCondition | null {
  const { state, active } = alarm;
  switch (move) {
    case "raise":
      if (active) return null;
      if (state === "shelved") return { state, active: true };
      // Normal is over for ever: the next occurrence is a new record.
      return state === "rtn_unack" ? { state: "unack", active: true } : null;
    case "clear":
      if (!active) return null;
      if (state === "shelved") return { state, active: false };
      return { state: state === "unack" ? "rtn_unack" : "normal", active: false };
    case "settle":
      if (!active) return null;
      return { state: state === "shelved" ? state : "normal", active: false };
    case "take":
      if (state === "unack") return { state: "ack", active };
      return state === "rtn_unack" ? { state: "normal", active } : null;
    case "shelve":
      return state === "normal" || state === "shelved" ? null : { state: "shelved", active };
    case "unshelve":
      return state === "shelved" ? { state: active ? "unack" : "normal", active } : null;
  }
}

/** Why it cannot be put aside: it is over or put aside already, or it guards people or a machine's safety. */
export function whyNotShelve(alarm: AlarmCondition & { readonly blocksChanges: boolean }): Refusal | null {
  if (moveAlarm(alarm, "shelve") === null) return new Refusal("wrong_state", { state: alarm.state });
  return alarm.blocksChanges ? new Refusal("never_shelved") : null;
}
