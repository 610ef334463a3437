"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatSpan } from "#app/_lib/format.ts";
import { useReasonWords } from "#app/_lib/reason-words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import type { ReasonUse, StopReasonRecord } from "#server/execution/reasons/reasons.contract.ts";
import { countsAs } from "./counts-as.ts";

/** Reasons of one heading, with what they were given for in the last 30 days; `use` null = not read yet. */
export function ReasonList(props: {
  reasons: readonly StopReasonRecord[];
  use: ReadonlyMap<number | null, ReasonUse> | null;
  busy: boolean;
  onOpen: (reason: StopReasonRecord) => void;
  onUse: (reason: StopReasonRecord) => void;
}): ReactNode {
  const { use } = props;
  const t = useTranslations("admin.reasons");
  const locale = useLocale();
  const name = useReasonWords();
  const columns: readonly Column<StopReasonRecord>[] = [
    {
      key: "name",
      head: t("reason"),
      value: (r) => name(r),
      cell: (r) => (
        <button type="button" className="d-link text-start font-semibold" onClick={() => props.onOpen(r)}>
          <bdi>{name(r)}</bdi>
        </button>
      ),
    },
    { key: "counts", head: t("counts"), value: (r) => t(`countsAs.${countsAs(r)}`) },
    {
      key: "kind",
      head: t("for"),
      value: (r) => r.machineKind ?? t("everyKind"),
      cell: (r) => (r.machineKind === null ? t("everyKind") : <bdi>{r.machineKind}</bdi>),
    },
    {
      key: "stops",
      head: t("stops"),
      value: (r) => use?.get(r.id)?.stops ?? (use === null ? null : 0),
      cell: (r) => (use === null ? "…" : formatNumber(locale, use.get(r.id)?.stops ?? 0)),
      align: "end",
    },
    {
      key: "time",
      head: t("time"),
      value: (r) => (use === null ? null : Math.round((use.get(r.id)?.ms ?? 0) / 60_000)),
      cell: (r) => {
        const ms = use?.get(r.id)?.ms ?? 0;
        return use === null ? "…" : ms === 0 ? "–" : formatSpan(locale, ms);
      },
      align: "end",
    },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (r) => (
        <Button
          size="small"
          busy={props.busy}
          label={t(r.active ? "putAwayIt" : "takeUpIt", { name: name(r) })}
          onPress={() => props.onUse(r)}
        >
          {t(r.active ? "putAway" : "takeUp")}
        </Button>
      ),
      align: "end",
    },
  ];
  return (
    <DataTable
      name="stop-reasons"
      caption={t("title")}
      columns={columns}
      rows={props.reasons}
      rowKey={(reason) => String(reason.id)}
      empty={null}
    />
  );
}
