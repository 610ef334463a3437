"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import type { StopReason } from "#server/execution/machine-state/machine-state.contract.ts";

/** A reason's name: the plant's own words, or the reader's language where messages carry its code. */
export function useReasonWords(): (reason: StopReason) => string {
  const t = useTranslations("stopReason");
  return useCallback((reason) => (t.has(reason.code) ? t(reason.code) : reason.name), [t]);
}
