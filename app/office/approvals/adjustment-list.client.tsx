"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago, Countdown } from "#app/_ui/relative-time.client.tsx";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import { AuthorWords, ReasonWords, StateChip } from "./adjustment-parts.client.tsx";

/** Proposals that wait first, then what is on its way, then the record with its verdicts. */
export function AdjustmentList(props: {
  show: "open" | "all";
  initial: readonly AdjustmentSummary[];
  scopes: readonly string[];
}): ReactNode {
  const t = useTranslations("office.approvals");
  const locale = useLocale();
  const { data, error } = useRecord<readonly AdjustmentSummary[]>({
    path: `/adjustments?show=${props.show}`,
    initial: props.initial,
    scopes: props.scopes,
    topics: ["adjustment."],
  });
  const columns: readonly Column<AdjustmentSummary>[] = [
    {
      key: "machine",
      head: t("machine"),
      value: (a) => a.machine.name,
      cell: (a) => (
        <Link className="d-link font-semibold" href={`/office/approvals/${a.id}`} prefetch={false}>
          <bdi>{a.machine.name}</bdi>
        </Link>
      ),
    },
    {
      key: "change",
      head: t("change"),
      value: (a) => `${a.target.name} ${String(a.oldValue)} → ${String(a.newValue)} ${a.target.unit ?? ""}`,
      cell: (a) => (
        <span className="sm:whitespace-nowrap">
          <bdi>{a.target.name}</bdi>{" "}
          <bdi dir="ltr" className="font-semibold">
            {formatNumber(locale, a.oldValue, a.target.decimals)} →{" "}
            {formatNumber(locale, a.newValue, a.target.decimals)} {a.target.unit}
          </bdi>
        </span>
      ),
    },
    {
      key: "why",
      head: t("why"),
      value: (a) => (typeof a.reason === "string" ? a.reason : a.reason.key),
      cell: (a) => <ReasonWords reason={a.reason} />,
    },
    { key: "state", head: t("state"), value: (a) => a.state, cell: (a) => <StateChip state={a.state} /> },
    {
      key: "author",
      head: t("author"),
      value: (a) => a.author.name,
      cell: (a) => <AuthorWords author={a.author} />,
    },
    {
      key: "until",
      head: t("until"),
      value: (a) => a.notAfter,
      cell: (a) =>
        a.state === "proposed" || a.state === "approved" ? <Countdown until={a.notAfter} /> : "–",
    },
    { key: "made", head: t("made"), value: (a) => a.createdAt, cell: (a) => <Ago at={a.createdAt} /> },
  ];
  return (
    <section className="d-panel">
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <DataTable
        name="adjustments"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(a) => a.id}
        loading={<Skeleton lines={5} label={t("loading")} />}
        empty={
          <Notice kind="clear" title={t(props.show === "open" ? "clear" : "never")} filling>
            {t("clearText")}
          </Notice>
        }
      />
    </section>
  );
}
