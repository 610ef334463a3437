"use client";

import { useLocale, useTranslations } from "next-intl";
import { useCallback } from "react";
import type { RefusalView } from "#server/core/refusal.contract.ts";
import { ApiRefusal, ApiUnreachable } from "./api.client.ts";
import { isolated } from "./i18n/isolate.ts";

/** Turns a refusal into the sentence a person reads; the namespace `refusal` must be among the page's words. */
export function useRefusalWords(): (refusal: RefusalView) => string {
  const t = useTranslations("refusal");
  const locale = useLocale();
  return useCallback((refusal) => t(refusal.code, isolated(refusal.params, locale)), [t, locale]);
}

/** The sentence for whatever a call threw: a refusal's own words, "not reached", or "went wrong (id)". */
export function useErrorWords(): (error: Error) => string {
  const refusal = useRefusalWords();
  const t = useTranslations("app.error");
  return useCallback(
    (error) => {
      if (error instanceof ApiRefusal) return refusal(error.refusal);
      if (error instanceof ApiUnreachable) return t("unreachable");
      return t("failed", { id: "id" in error ? String(error.id) : error.message });
    },
    [refusal, t],
  );
}
