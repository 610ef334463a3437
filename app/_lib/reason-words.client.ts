"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import type { StopReason } from "#server/execution/machine-state/machine-state.contract.ts";

/** A reason's name: the plant's own words, or the reader's language where messages carry its code. */
export function useReasonWords(): (reason: StopReason) => string {
  const t = useTranslations("stopReason");
  return useCallback((reason) => (t.has(reason.code) ? t(reason.code) : reason.name), [t]);
}

/** The name of a heading of reasons, likewise. */
export function useGroupWords(): (group: { readonly code: string; readonly name: string }) => string {
  const t = useTranslations("stopReasonGroup");
  return useCallback((group) => (t.has(group.code) ? t(group.code) : group.name), [t]);
}
