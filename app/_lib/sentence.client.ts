"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";

/** A sentence as the server names it: a key of `messages/` and the values in it. */
export interface Sentence {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** Turns the server's `{key, params}` into words; its namespace must be among the area's. */
export function useSentence(): (sentence: Sentence) => string {
  const t = useTranslations();
  return useCallback((sentence) => t(sentence.key, { ...sentence.params }), [t]);
}
