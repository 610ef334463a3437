"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatSpan } from "#app/_lib/format.ts";
import { useNow } from "#app/_live/now.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { ButtonLink } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { SourceView } from "#server/execution/sources/sources.contract.ts";
import { certificateState, trustedOf } from "#server/execution/sources/certificate.rules.ts";
import { CertificateMark } from "./certificate-state.client.tsx";
import { EdgeTable } from "./edge-table.client.tsx";
import { SourceMark } from "./source-state.client.tsx";
import { TemplateTable } from "./template-table.client.tsx";

const tabs = ["sources", "edges", "templates"] as const;

/** Where readings come from, whether they come, and what is new there. */
export function SourcesPage({ show }: { show: (typeof tabs)[number] }): ReactNode {
  const t = useTranslations("admin.sources");
  return (
    <section className="d-panel">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4 pb-2">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <div className="flex flex-wrap items-center gap-2">
          <nav className="flex gap-1" aria-label={t("show")}>
            {tabs.map((one) => (
              <Link
                key={one}
                href={one === "sources" ? "/admin/sources" : `/admin/sources?show=${one}`}
                prefetch={false}
                className="d-tab"
                {...(one === show ? { "aria-current": "page" as const } : {})}
              >
                {t(`tab.${one}`)}
              </Link>
            ))}
          </nav>
          <ButtonLink href="/admin/sources/new" tone="primary">
            {t("add")}
          </ButtonLink>
        </div>
      </div>
      {show === "sources" && <SourceTable />}
      {show === "edges" && <EdgeTable />}
      {show === "templates" && <TemplateTable />}
    </section>
  );
}

function SourceTable(): ReactNode {
  const t = useTranslations("admin.sources");
  const locale = useLocale();
  const now = useNow(60_000);
  const { data, error } = useRecord<readonly SourceView[]>({
    path: "/sources",
    scopes: ["plant"],
    topics: ["tags.", "metric."],
    everyMs: 5000,
  });
  const columns: readonly Column<SourceView>[] = [
    {
      key: "code",
      head: t("code"),
      value: (s) => s.code,
      cell: (s) => (
        <Link href={`/admin/sources/${String(s.id)}`} prefetch={false} className="d-link font-semibold">
          <bdi>{s.code}</bdi>
        </Link>
      ),
    },
    {
      key: "state",
      head: t("how"),
      value: (s) => t(`state.${s.health.state}`),
      cell: (s) => (
        <span className="flex flex-col gap-0.5">
          <SourceMark state={s.health.state} />
          <CertificateWarning source={s} now={now} />
          {s.health.problem !== null && (
            <bdi className="max-w-80 text-sm break-words text-ink-2">{s.health.problem}</bdi>
          )}
        </span>
      ),
    },
    { key: "driver", head: t("driver"), value: (s) => t(`driverName.${s.driver}`) },
    { key: "edge", head: t("edge"), value: (s) => s.edgeCode },
    {
      key: "last",
      head: t("lastMessage"),
      value: (s) => s.health.lastMessageAt,
      cell: (s) => (s.health.lastMessageAt === null ? "–" : <Ago at={s.health.lastMessageAt} />),
    },
    {
      key: "rate",
      head: t("rate"),
      align: "end",
      value: (s) => s.health.rate,
      cell: (s) => (s.health.rate === null ? "–" : formatNumber(locale, s.health.rate, 1)),
    },
    { key: "errors", head: t("errors"), align: "end", value: (s) => s.health.errors ?? "–" },
    {
      key: "skew",
      head: t("skew"),
      align: "end",
      value: (s) => s.health.skewMs,
      cell: (s) => (s.health.skewMs === null ? "–" : formatSpan(locale, Math.abs(s.health.skewMs))),
    },
    {
      key: "tags",
      head: t("tags"),
      align: "end",
      value: (s) => s.tags,
      cell: (s) => (
        <span className="inline-flex flex-wrap items-center justify-end gap-1.5">
          {s.tags}
          {s.discovered > 0 && (
            <span className="d-chip" data-strong="true">
              {t("newMetrics", { count: s.discovered })}
            </span>
          )}
        </span>
      ),
    },
  ];
  return (
    <>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <DataTable
        name="sources"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(s) => String(s.id)}
        loading={<Skeleton lines={6} label={t("loading")} />}
        empty={
          <Notice
            kind="empty"
            title={t("none")}
            filling
            action={
              <ButtonLink href="/admin/sources/new" tone="primary">
                {t("add")}
              </ButtonLink>
            }
          >
            {t("noneText")}
          </Notice>
        }
      />
    </>
  );
}

/** What is to be done about a server's certificate; nothing where it is in order. */
function CertificateWarning(props: { source: SourceView; now: number }): ReactNode {
  const { source, now } = props;
  const t = useTranslations("admin.certificates");
  const seen = source.health.certificates?.server ?? null;
  if (seen === null) return null;
  const trusted = trustedOf(source.config);
  if (certificateState(seen, trusted, now).state === "trusted") return null;
  return (
    <span className="flex flex-wrap gap-x-1.5 text-sm">
      {t("server")}
      <CertificateMark seen={seen} trusted={trusted} now={now} />
    </span>
  );
}
