"use client";

import { ArrowRight } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatShare } from "#app/_lib/format.ts";
import { isolate, isolated } from "#app/_lib/i18n/isolate.ts";
import { PlantRange } from "#app/_ui/relative-time.client.tsx";
import type { CorrectionPreview, Figures } from "#server/enterprise/corrections/corrections.contract.ts";

/** Everything a correction restates, before and after; what stays is not named. */
export function Restated(props: { preview: CorrectionPreview }): ReactNode {
  const { preview } = props;
  const t = useTranslations("corrections");
  const jobIs = useTranslations("orders.jobIs");
  const locale = useLocale();
  const n = (value: number) => formatNumber(locale, value, Number.isInteger(value) ? 0 : 1);
  const { readings } = preview;
  const days = [...new Set(preview.shifts.map((shift) => shift.productionDay))].toSorted();
  return (
    <div className="flex flex-col gap-3 text-sm" data-preview>
      <p>
        {readings.more
          ? t("readingsMore", { count: readings.count })
          : t("readings", { count: readings.count })}
      </p>
      {preview.counted !== null && (
        <p>{t("counted", { good: n(preview.counted.good), scrap: n(preview.counted.scrap) })}</p>
      )}
      <Part title={t("runs")} rows={preview.runs}>
        {(run) => (
          <>
            <bdi className="font-semibold">{run.orderCode}</bdi>{" "}
            <bdi className="text-ink-2">{run.operation}</bdi>
            <Change before={<RunText run={run.before} />} after={<RunText run={run.after} />} />
          </>
        )}
      </Part>
      <Part title={t("jobs")} rows={preview.jobs}>
        {(job) => (
          <>
            <bdi className="font-semibold">{job.orderCode}</bdi>{" "}
            <bdi className="text-ink-2">{job.operation}</bdi>
            <Change
              before={`${t("goodScrap", { good: n(job.before.good), scrap: n(job.before.scrap) })}, ${jobIs(job.before.state)}`}
              after={`${t("goodScrap", { good: n(job.after.good), scrap: n(job.after.scrap) })}, ${jobIs(job.after.state)}`}
            />
          </>
        )}
      </Part>
      <Part title={t("lots")} rows={preview.lots}>
        {(lot) => (
          <>
            <bdi className="font-semibold">{lot.code}</bdi>
            <Change
              before={isolate(`${n(lot.before)} ${lot.unit ?? ""}`)}
              after={isolate(`${n(lot.after)} ${lot.unit ?? ""}`)}
            />
          </>
        )}
      </Part>
      <Part title={t("shifts")} rows={preview.shifts}>
        {(shift) => (
          <>
            <bdi className="font-semibold">{shift.name}</bdi> <bdi>{shift.productionDay}</bdi>{" "}
            <bdi className="text-ink-2">{shift.machineName}</bdi>{" "}
            <span className="d-chip" data-strong={shift.closed}>
              {t(shift.closed ? "closed" : "running")}
            </span>
            <FigureTable before={shift.before} after={shift.after} />
          </>
        )}
      </Part>
      {preview.shifts.length === 0 && <p className="text-ink-2">{t("noShift")}</p>}
      {days.length > 0 && <p>{t("reports", isolated({ days: days.join(", ") }, locale))}</p>}
    </div>
  );
}

function Part<T>(props: { title: string; rows: readonly T[]; children: (row: T) => ReactNode }): ReactNode {
  if (props.rows.length === 0) return null;
  return (
    <section>
      <h3 className="font-semibold text-ink-2">{props.title}</h3>
      <ul className="flex flex-col">
        {props.rows.map((row) => (
          <li key={JSON.stringify(row)} className="border-b border-hairline py-1.5 last:border-0">
            {props.children(row)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Change(props: { before: ReactNode; after: ReactNode }): ReactNode {
  return (
    <p className="flex flex-wrap items-center gap-x-2">
      <span className="text-ink-2">{props.before}</span>
      <ArrowRight className="size-4 flex-none text-ink-2 rtl:rotate-180" aria-hidden="true" />
      <span className="font-semibold">{props.after}</span>
    </p>
  );
}

function RunText(props: { run: CorrectionPreview["runs"][number]["after"] }): ReactNode {
  const t = useTranslations("corrections");
  const { run } = props;
  if (run === null) return t("notThere");
  return (
    <>
      <bdi>{run.machineName}</bdi> <PlantRange from={run.start} until={run.end} open={t("stillRuns")} day />
      {run.lots.length > 0 && (
        <>
          {" "}
          <bdi>{run.lots.join(", ")}</bdi>
        </>
      )}
    </>
  );
}

const shares = ["oee", "availability", "performance", "quality"] as const;
const counts = ["good", "scrap"] as const;

function FigureTable(props: { before: Figures; after: Figures }): ReactNode {
  const { before, after } = props;
  const t = useTranslations("corrections");
  const locale = useLocale();
  const share = (value: number | null) => (value === null ? "–" : formatShare(locale, value));
  const rows = [
    ...shares.map((name) => ({ name, was: share(before[name]), is: share(after[name]) })),
    ...counts.map((name) => ({
      name,
      was: formatNumber(locale, before[name]),
      is: formatNumber(locale, after[name]),
    })),
  ].filter(({ name, was, is }) => name === "oee" || was !== is);
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4">
      {rows.map(({ name, was, is }) => (
        <div key={name} className="contents" data-figure={name}>
          <dt className="text-ink-2">{t(`figure.${name}`)}</dt>
          <dd className="tabular-nums">
            <Change before={was} after={is} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
