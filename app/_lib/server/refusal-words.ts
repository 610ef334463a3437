import { getTranslations } from "next-intl/server";
import type { Refusal } from "#server/core/refusal.contract.ts";

/** Why something cannot be done, as the sentence beside the greyed button; null = it can. */
export async function refusalWords(refusal: Refusal | null): Promise<string | null> {
  if (refusal === null) return null;
  return (await getTranslations("refusal"))(refusal.code, { ...refusal.params });
}
