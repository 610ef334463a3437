"use client";

import { useLocale, useTranslations } from "next-intl";
import { isolate } from "#app/_lib/i18n/isolate.ts";
import { formatSeconds } from "#app/_lib/format.ts";
import type { Reflex } from "#server/edge/document.contract.ts";

const keys = { ">": "over", "<": "under", "=": "is", "!=": "isNot" } as const;

/** What a reflex waits for, and what it does, as sentences. */
export function useReflexWords(): {
  when: (tag: string, unit: string | null, condition: Reflex["condition"]) => string;
  back: (unit: string | null, condition: Reflex["condition"]) => string | null;
  value: (value: number | string | boolean, unit?: string | null) => string;
} {
  const t = useTranslations("admin.reflexes");
  const locale = useLocale();
  const value = (given: number | string | boolean, unit: string | null = null): string => {
    if (typeof given === "boolean") return t(given ? "yes" : "no");
    if (typeof given === "string") return given;
    const said = new Intl.NumberFormat(locale, { maximumFractionDigits: 4 }).format(given);
    return unit === null ? said : isolate(`${said} ${unit}`);
  };
  return {
    value,
    when: (tag, unit, { op, value: limit, forMs }) => {
      const said = t(`when.${keys[op]}`, { tag, value: value(limit, unit) });
      return forMs === 0 ? said : t("when.for", { said, time: formatSeconds(locale, forMs) });
    },
    back: (unit, { op, value: limit, hysteresis }) => {
      if (typeof limit !== "number" || hysteresis === 0 || (op !== ">" && op !== "<")) return null;
      return t("when.back", { value: value(op === ">" ? limit - hysteresis : limit + hysteresis, unit) });
    },
  };
}
