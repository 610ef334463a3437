"use client";

import { lazy, useEffect } from "react";

// The bare home comes with the page; what only some moments need is fetched while nobody waits for it, and is
// there when the network is not.
const parts = {
  alarmCard: () => import("./alarm-card.client.tsx"),
  changes: () => import("./change.client.tsx"),
  alarms: () => import("./alarms-view.client.tsx"),
  instruction: () => import("./instruction.client.tsx"),
  stops: () => import("./stops-view.client.tsx"),
  job: () => import("./job-view.client.tsx"),
  help: () => import("./help-view.client.tsx"),
  manual: () => import("./manual-card.client.tsx"),
  signOn: () => import("./sign-on.client.tsx"),
};

export const AlarmCard = lazy(async () => ({ default: (await parts.alarmCard()).AlarmCard }));
export const Changes = lazy(async () => ({ default: (await parts.changes()).Changes }));
export const AlarmsView = lazy(async () => ({ default: (await parts.alarms()).AlarmsView }));
export const AlarmView = lazy(async () => ({ default: (await parts.alarms()).AlarmView }));
export const InstructionView = lazy(async () => ({ default: (await parts.instruction()).InstructionView }));
export const StopsView = lazy(async () => ({ default: (await parts.stops()).StopsView }));
export const JobView = lazy(async () => ({ default: (await parts.job()).JobView }));
export const HelpView = lazy(async () => ({ default: (await parts.help()).HelpView }));
export const ManualCard = lazy(async () => ({ default: (await parts.manual()).ManualCard }));
export const SignOnSheet = lazy(async () => ({ default: (await parts.signOn()).SignOnSheet }));

/** Once the home stands and the machine has a moment, ms. */
const fetchAfter = 2000;

/** Fetches every part that the first load left out. */
export function usePartsFetched(): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      // One that cannot be had now (the server is away) is fetched when it is opened.
      for (const part of Object.values(parts)) part().catch(() => {});
    }, fetchAfter);
    return () => clearTimeout(timer);
  }, []);
}
