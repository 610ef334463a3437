"use client";

import { useEffect, useState } from "react";
import { useLive } from "#app/_live/live-provider.client.tsx";
import { useNow } from "#app/_live/now.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import type { MachineView, StateInterval } from "#server/execution/machine-state/machine-state.contract.ts";
import { newestCards } from "./next-action.rules.ts";
import { ribbonEnd, ribbonMs, ribbonStepMs } from "./ribbon-time.ts";

/** What the server read for the first paint. */
export interface StationInitial {
  readonly machine: MachineView;
  readonly alarms: readonly AlarmCard[];
  readonly adjustments: readonly AdjustmentSummary[];
  readonly states: readonly StateInterval[];
}

export interface StationData {
  readonly machine: MachineView;
  readonly alarms: readonly AlarmCard[];
  readonly adjustments: readonly AdjustmentSummary[];
  readonly states: readonly StateInterval[];
  /** The last re-read of the machine failed; what is shown is as old as `readAt` says (this device's ms). */
  readonly failed: boolean;
  readonly readAt: number;
  reread(): void;
}

export function useStation(initial: StationInitial): StationData {
  const { code, id } = initial.machine;
  const scopes = [`machine:${String(id)}`];
  const machine = useRecord<MachineView>({
    path: `/machines/${code}`,
    initial: initial.machine,
    scopes,
    topics: ["machine.", "stop.", "job.", "count", "shift.", "lot.", "order.", "automation."],
    everyMs: 10_000,
  });
  const alarms = useRecord<readonly AlarmCard[]>({
    path: `/alarms?machine=${code}`,
    initial: initial.alarms,
    scopes,
    topics: ["alarm.", "instruction.", "deviation."],
  });
  const adjustments = useRecord<readonly AdjustmentSummary[]>({
    path: `/adjustments?machine=${code}&show=all&limit=8`,
    initial: initial.adjustments,
    scopes,
    topics: ["adjustment."],
  });
  const end = ribbonEnd(useNow(60_000));
  const states = useRecord<readonly StateInterval[]>({
    path: `/machines/${code}/states?from=${String(end - ribbonMs - ribbonStepMs)}&to=${String(end)}`,
    initial: initial.states,
    scopes,
    topics: ["machine.stateChanged", "machine.pastChanged"],
    keepPrevious: true,
  });
  const pushed = usePushedAlarms(id);
  return {
    machine: machine.data ?? initial.machine,
    alarms: newestCards(alarms.data ?? initial.alarms, pushed),
    adjustments: adjustments.data ?? initial.adjustments,
    states: states.data ?? initial.states,
    failed: machine.error !== null || alarms.error !== null,
    readAt: machine.readAt,
    reread: () => {
      machine.reread();
      alarms.reread();
      adjustments.reread();
    },
  };
}

/** Cards that came over the socket; bounded, because an old one is in the list by then. */
function usePushedAlarms(machineId: number): ReadonlyMap<string, AlarmCard> {
  const { link } = useLive();
  const [cards, setCards] = useState<ReadonlyMap<string, AlarmCard>>(new Map());
  useEffect(
    () =>
      link.onAlarm((alarm) => {
        if (alarm.machineId !== machineId) return;
        setCards((before) => {
          const known = before.get(alarm.id);
          if (known !== undefined && known.version >= alarm.version) return before;
          return new Map([...before, [alarm.id, alarm.card as AlarmCard] as const].slice(-50));
        });
      }),
    [link, machineId],
  );
  return cards;
}
