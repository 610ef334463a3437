"use client";

import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber, formatShare } from "#app/_lib/format.ts";
import { LiveValue } from "#app/_ui/live-value.client.tsx";
import { useSample } from "#app/_live/samples.client.ts";
import type { MachineView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { RunningJob } from "#server/execution/orders/orders.contract.ts";

/** What runs here: order, product, how far, and which lots are in and come out. An oven holds several. */
export function JobCard(props: { machine: MachineView }): ReactNode {
  const t = useTranslations("floor.job");
  const { machine } = props;
  const [first, ...more] = machine.jobs;
  return (
    <section aria-label={t("title")} className="k-card flex flex-col justify-center gap-mm-2">
      {first === undefined ? (
        <NoJob next={machine.nextJob} />
      ) : (
        <>
          <Job job={first} />
          {more.map((job) => (
            <p key={job.runId ?? job.jobId} className="border-t border-hairline pt-mm-2">
              <span className="k-label">{t("position", { n: job.position ?? 1 })}</span>{" "}
              <bdi className="font-semibold">{job.orderCode}</bdi> <bdi>{job.productName}</bdi>
            </p>
          ))}
          <Material machine={machine} />
        </>
      )}
    </section>
  );
}

function Job(props: { job: RunningJob }): ReactNode {
  const { job } = props;
  const t = useTranslations("floor.job");
  const locale = useLocale();
  const share = job.quantity > 0 ? job.good / job.quantity : 0;
  const held = job.lots.filter((lot) => lot.onHold);
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-mm-5">
        <p className="min-w-0 truncate">
          <span className="k-label">{t("title")}</span> <bdi className="font-semibold">{job.orderCode}</bdi>{" "}
          <bdi className="text-ink-2">{job.productName}</bdi>
        </p>
        <p className="font-semibold whitespace-nowrap">
          {formatShare(locale, share, 0)}{" "}
          <span className="font-normal text-ink-2">
            {t("of", { good: formatNumber(locale, job.good), quantity: formatNumber(locale, job.quantity) })}
          </span>
        </p>
      </div>
      <div className="h-mm-2 bg-canvas outline outline-1 outline-line" aria-hidden="true">
        <div className="h-full bg-filled" style={{ inlineSize: `${String(Math.min(100, share * 100))}%` }} />
      </div>
      <p className="flex flex-wrap gap-x-mm-4 text-label text-ink-2">
        {job.lots.map((lot) => (
          <span key={`${lot.role}${lot.lotId}`} className="whitespace-nowrap">
            {lot.role === "in" ? t("lotIn") : t("lotOut")}{" "}
            <bdi className="font-semibold text-ink">{lot.code}</bdi> <bdi>{lot.name}</bdi>
          </span>
        ))}
        {job.lots.length === 0 && <span>{t("noLots")}</span>}
      </p>
      {job.hold !== null && (
        <p role="alert" className="border-2 border-ink p-mm-2 font-semibold" data-order-hold>
          {t("orderOnHold", { reason: job.hold.reason })}
        </p>
      )}
      {held.length > 0 && (
        <p role="alert" className="border-2 border-ink p-mm-2 font-semibold">
          {t("onHold", { lots: held.map((lot) => lot.code).join(", ") })}
        </p>
      )}
    </>
  );
}

function NoJob(props: { next: RunningJob | null }): ReactNode {
  const t = useTranslations("floor.job");
  const { next } = props;
  return (
    <div>
      <p className="font-semibold">{t("none")}</p>
      <p className="text-ink-2">
        {next === null ? t("noNext") : t("next", { order: next.orderCode, product: next.productName })}
      </p>
    </div>
  );
}

function Material(props: { machine: MachineView }): ReactNode {
  const { material, staleMs } = props.machine;
  const t = useTranslations("floor.job");
  const sample = useSample(material?.tagId ?? null, staleMs);
  if (material === null || material.tagId === null) return null;
  return (
    <p className="flex items-baseline gap-mm-2 text-label text-ink-2">
      {t("material")} <bdi>{material.name}</bdi>
      <LiveValue sample={sample} unit={material.unit} decimals={1} className="text-ink" />
    </p>
  );
}
