"use client";

import { usePathname, useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatShare } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { SelectField } from "#app/_ui/desk/field.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { RatioChart } from "#app/_ui/ratio-chart.client.tsx";
import type { OeeReport } from "#server/enterprise/oee/oee.contract.ts";
import { Evidence } from "./oee-evidence.client.tsx";
import { Buckets, Ratio } from "./running-shift.client.tsx";

export interface MonthChoice {
  readonly machine: string;
  readonly by: "day" | "shift" | "machine" | "line";
  readonly days: number;
}

type Row = OeeReport["rows"][number];

/** The last days, pooled from shift records: never an average of percentages. The choice stands in the address. */
export function Month(props: {
  choice: MonthChoice;
  path: string;
  initial: OeeReport;
  machines: readonly { code: string; name: string }[];
  scopes: readonly string[];
}): ReactNode {
  const t = useTranslations("reports");
  const app = useTranslations("app");
  const locale = useLocale();
  const router = useRouter();
  const here = usePathname();
  const { data, error } = useRecord<OeeReport>({
    path: props.path,
    initial: props.initial,
    scopes: props.scopes,
    topics: ["oee."],
  });
  const choose = (change: Partial<MonthChoice>) => {
    const next = { ...props.choice, ...change };
    router.replace(
      `${here}?${new URLSearchParams({ machine: next.machine, by: next.by, days: String(next.days) }).toString()}`,
    );
  };
  const ratio = (value: number | null) => (value === null ? "–" : formatShare(locale, value, 1));
  const columns: Column<Row>[] = [
    { key: "key", head: t(`by.${props.choice.by}`), value: (r) => r.name },
    ...(["oee", "availability", "performance", "quality", "completeness"] as const).map((key) => ({
      key,
      head: t(key),
      value: (r: Row) => r.view.ratios[key],
      cell: (r: Row) => ratio(r.view.ratios[key]),
      align: "end" as const,
    })),
    {
      key: "good",
      head: t("good"),
      value: (r) => r.view.counts.good,
      cell: (r) => formatNumber(locale, r.view.counts.good),
      align: "end",
    },
    {
      key: "scrap",
      head: t("scrap"),
      value: (r) => r.view.counts.scrap,
      cell: (r) => formatNumber(locale, r.view.counts.scrap),
      align: "end",
    },
  ];
  if (data?.rows.some((row) => row.view.manual) === true)
    columns.splice(1, 0, {
      key: "manual",
      head: t("byHand"),
      value: (r) => (r.view.manual ? app("manual") : ""),
      cell: (r) => r.view.manual && <span className="d-chip">{app("manual")}</span>,
    });
  const known = data?.rows.some((row) => row.view.ratios.oee !== null) ?? false;
  return (
    <section className="d-panel flex flex-col gap-4 p-4" aria-labelledby="month-title">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <h2 id="month-title" className="text-lg font-semibold">
          {t("month.title", { days: props.choice.days })}
        </h2>
        <div className="flex flex-wrap gap-3">
          <SelectField
            label={t("month.machine")}
            value={props.choice.machine}
            onChange={(event) => choose({ machine: event.target.value })}
            options={[
              { value: "", label: t("month.all") },
              ...props.machines.map((m) => ({ value: m.code, label: m.name })),
            ]}
          />
          <SelectField
            label={t("month.by")}
            value={props.choice.by}
            onChange={(event) => choose({ by: event.target.value as MonthChoice["by"] })}
            options={(["day", "shift", "machine", "line"] as const).map((by) => ({
              value: by,
              label: t(`by.${by}`),
            }))}
          />
          <SelectField
            label={t("month.days")}
            value={String(props.choice.days)}
            onChange={(event) => choose({ days: Number(event.target.value) })}
            options={[7, 30].map((days) => ({ value: String(days), label: t("month.lastDays", { days }) }))}
          />
        </div>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {data === undefined ? (
        <Skeleton lines={8} label={t("loading")} />
      ) : !known ? (
        <Notice kind="empty" title={t("month.none")} filling>
          {t("month.noneText")}
        </Notice>
      ) : (
        <>
          {data.total.manual && <p className="text-sm text-ink-2">{t("month.manual")}</p>}
          <div className="grid grid-cols-2 gap-6 sm:grid-cols-4">
            <Ratio name={t("oee")} value={data.total.ratios.oee} strong />
            <Ratio name={t("availability")} value={data.total.ratios.availability} />
            <Ratio name={t("performance")} value={data.total.ratios.performance} />
            <Ratio name={t("quality")} value={data.total.ratios.quality} />
          </div>
          <Buckets view={data.total} />
          {props.choice.by === "day" && (
            <RatioChart
              rows={data.rows.map((row) => ({ day: row.name, ...row.view.ratios }))}
              x="day"
              label={t("month.chart")}
              series={[
                { key: "oee", name: t("oee"), strong: true },
                { key: "availability", name: t("availability") },
                { key: "performance", name: t("performance") },
                { key: "quality", name: t("quality") },
              ]}
            />
          )}
          <details>
            <summary className="d-link cursor-pointer">{t("evidence.open")}</summary>
            <Evidence view={data.total} />
          </details>
          <DataTable
            name={`oee-${props.choice.by}`}
            caption={t("month.title", { days: props.choice.days })}
            columns={columns}
            rows={data.rows}
            rowKey={(row) => row.key}
            empty={<Notice kind="empty" title={t("month.none")} />}
          />
        </>
      )}
    </section>
  );
}
