"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useNow } from "#app/_live/now.client.ts";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import { holdsAt } from "#server/core/dated.rules.ts";

/** Since when something holds, and until when; what holds no more says so. */
export function PeriodWords(props: { from: number | null; to: number | null }): ReactNode {
  const t = useTranslations("admin.dated");
  const { from, to } = props;
  if (from === null && to === null) return <span className="text-ink-2">{t("always")}</span>;
  return (
    <span>
      {from !== null && (
        <>
          {t("since")} <PlantTime at={from} day />{" "}
        </>
      )}
      {to !== null && (
        <>
          {t("until")} <PlantTime at={to} day />
        </>
      )}
    </span>
  );
}

const minute = 60_000;

/** What holds now, what comes, and what was, in this order; a row says by its look which it is. */
export function useTimes<T extends { readonly from: number | null; readonly to: number | null }>(
  rows: readonly T[],
): { now: T[]; later: T[]; earlier: T[] } {
  const at = useNow(minute);
  const now = rows.filter((row) => holdsAt([row], at) !== undefined);
  const later = rows.filter((row) => row.from !== null && row.from > at);
  return { now, later, earlier: rows.filter((row) => !now.includes(row) && !later.includes(row)) };
}
