"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Notice } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import { StateChip } from "./approvals/adjustment-parts.client.tsx";

/** As many as fit beside the tiles of the lines without scrolling. */
const shown = 8;

/** The last changes that somebody decided: where each is on its way, and in the end whether it helped. */
export function Outcomes(props: {
  initial: readonly AdjustmentSummary[];
  scopes: readonly string[];
}): ReactNode {
  const t = useTranslations("office.outcome");
  const locale = useLocale();
  const { data, error } = useRecord<readonly AdjustmentSummary[]>({
    path: "/adjustments?show=all",
    initial: props.initial,
    scopes: props.scopes,
    topics: ["adjustment."],
  });
  const decided = (data ?? props.initial)
    .filter((one) => one.state !== "draft" && one.state !== "proposed")
    .slice(0, shown);
  return (
    <section className="d-panel" aria-labelledby="outcome-title">
      <div className="flex items-baseline justify-between gap-3 px-4 pt-3 pb-1">
        <h2 id="outcome-title" className="text-lg font-semibold">
          {t("title")}
        </h2>
        <Link className="d-link text-sm" href="/office/approvals?show=all" prefetch={false}>
          {t("all")}
        </Link>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {decided.length === 0 && <p className="px-4 pb-3 text-ink-2">{t("none")}</p>}
      <ul className="divide-y divide-hairline">
        {decided.map((one) => (
          <li key={one.id}>
            <Link
              href={`/office/approvals/${one.id}`}
              prefetch={false}
              className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 text-ink no-underline hover:bg-band/40"
            >
              <span className="min-w-0">
                <bdi className="font-semibold">{one.machine.name}</bdi> <bdi>{one.target.name}</bdi>{" "}
                <bdi dir="ltr" className="font-semibold whitespace-nowrap">
                  {formatNumber(locale, one.oldValue, one.target.decimals)} →{" "}
                  {formatNumber(locale, one.newValue, one.target.decimals)} {one.target.unit}
                </bdi>
                <span className="block text-sm text-ink-2">
                  <Ago at={one.createdAt} />
                </span>
              </span>
              <StateChip state={one.state} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
