"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import type { RefusalView } from "#server/core/refusal.contract.ts";
import { ApiRefusal, ApiUnreachable, type ApiFailure } from "./api.client.ts";

/** Turns a refusal into the sentence a person reads; the namespace `refusal` must be among the page's words. */
export function useRefusalWords(): (refusal: RefusalView) => string {
  const t = useTranslations("refusal");
  return useCallback((refusal) => t(refusal.code, { ...refusal.params }), [t]);
}

/** The sentence for whatever a call threw: a refusal's own words, "not reached", or "went wrong (id)". */
export function useErrorWords(): (error: ApiRefusal | ApiFailure | ApiUnreachable | Error) => string {
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
