"use client";

import { useLocale, useTranslations } from "next-intl";
import { useCallback } from "react";
import { isolated } from "./i18n/isolate.ts";

/** A sentence as the server names it: a key of `messages/` and the values in it. */
export interface Sentence {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** Turns the server's `{key, params}` into words; its namespace must be among the area's. */
export function useSentence(): (sentence: Sentence) => string {
  const t = useTranslations();
  const locale = useLocale();
  return useCallback((sentence) => t(sentence.key, isolated(sentence.params, locale)), [t, locale]);
}
