"use client";
import type { ReactNode } from "react";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
export function MachineTrend(_props: { machine: MachineView; tagId: number; minutes: number }): ReactNode {
  return null;
}
