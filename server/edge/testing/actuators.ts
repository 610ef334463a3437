import { type Clock, systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import type { WriteResult } from "#server/device/driver.contract.ts";
import { ActuationStore, type JsonLevel } from "../actuation-store.ts";
import { Actuator } from "../actuate.ts";
import type { Value } from "../reflexes.rules.ts";
import { TagBook } from "../tag-book.ts";
import type { Actuation, ActuationAnswer } from "../uplink.contract.ts";
import { LatestValues } from "../values.ts";
import { aDocument } from "./documents.ts";

export interface ActuatorSetting {
  readonly location: string;
  readonly write: (tagId: number, value: Value) => Promise<WriteResult>;
  readonly clock?: Clock;
  readonly blocking?: () => readonly string[];
  /** In place of LevelDB. */
  readonly level?: () => JsonLevel;
}

/** An actuator of press-2 with its real store; the machine is a function. */
export async function openActuator({
  location,
  write,
  clock = systemClock,
  blocking,
  level,
}: ActuatorSetting) {
  const store = await ActuationStore.open(location, clock.now(), level);
  const book = new TagBook();
  book.load(aDocument(), () => []);
  const values = new LatestValues(clock);
  const told: { actuation: Actuation; answer: ActuationAnswer }[] = [];
  const actuator = new Actuator({
    clock,
    log: silentLogger,
    store,
    book,
    values,
    blocking: blocking ?? (() => []),
    connected: () => true,
    write,
    tell: (actuation, answer) => void told.push({ actuation, answer }),
  });
  const machine = {
    /** The machine says that all is well, and what its set-point is. */
    says(setpoint: number, guardOpen = false): void {
      values.set(12, 2, setpoint, 0, clock.now());
      values.set(13, 2, true, 0, clock.now());
      values.set(14, 2, guardOpen, 0, clock.now());
    },
  };
  return { actuator, store, machine, told };
}

let counter = 0;

export function anActuation(change: Partial<Actuation> = {}, now = systemClock.now()): Actuation {
  return {
    id: crypto.randomUUID(),
    counterEpoch: "a",
    counter: ++counter,
    adjustmentId: null,
    machineId: 2,
    tagId: 12,
    value: 226,
    unit: "°C",
    expected: 230,
    notAfter: now + 30_000,
    ttlMs: 10_000,
    approver: "Dana Novak",
    ...change,
  };
}
