"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatSpan } from "#app/_lib/format.ts";
import { Notice } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { SourceView } from "#server/execution/sources/sources.contract.ts";
import { SourceMark } from "../source-state.client.tsx";

/** How a source is, in figures; what nobody knows is a dash. */
export function SourceHead(props: { source: SourceView; children: ReactNode }): ReactNode {
  const { source, children } = props;
  const { health } = source;
  const t = useTranslations("admin.sources");
  const locale = useLocale();
  const span = (ms: number | null) => (ms === null ? "–" : formatSpan(locale, Math.abs(ms)));
  const count = (n: number | null, decimals = 0) => (n === null ? "–" : formatNumber(locale, n, decimals));
  const figures: readonly [string, ReactNode][] = [
    [t("lastMessage"), health.lastMessageAt === null ? "–" : <Ago at={health.lastMessageAt} />],
    [t("rate"), count(health.rate, 1)],
    [t("errors"), count(health.errors)],
    [
      t("skew"),
      health.skewMs === null
        ? "–"
        : Math.abs(health.skewMs) < 1000
          ? t("skewNone")
          : t(health.skewMs >= 0 ? "skewBehind" : "skewAhead", { span: span(health.skewMs) }),
    ],
    [
      t("backlog"),
      `${count(health.backlog)}${health.backlogMs === null ? "" : ` · ${span(health.backlogMs)}`}`,
    ],
    [t("edge"), source.edgeCode],
  ];
  return (
    <header className="d-panel flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div>
          <Link href="/admin/sources" prefetch={false} className="d-link text-sm">
            {t("title")}
          </Link>
          <h1 className="flex flex-wrap items-center gap-3 text-lg font-semibold">
            <bdi>{source.code}</bdi>
            <span className="font-normal text-ink-2">{t(`driverName.${source.driver}`)}</span>
            <span className="text-base font-normal">
              <SourceMark state={health.state} />
            </span>
          </h1>
        </div>
        <div className="flex flex-wrap gap-2">{children}</div>
      </div>
      {health.problem !== null && (
        <Notice kind="error" title={t("problem")}>
          <bdi className="break-words">{health.problem}</bdi>
        </Notice>
      )}
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-3 lg:grid-cols-6">
        {figures.map(([term, figure]) => (
          <div key={term}>
            <dt className="text-sm text-ink-2">{term}</dt>
            <dd className="tabular-nums">{figure}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}
