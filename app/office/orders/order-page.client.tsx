"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { ButtonLink } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { OrderView, WaitingJob } from "#server/execution/orders/orders.contract.ts";
import { delivered } from "#server/execution/orders/planning.rules.ts";
import { OrderDeeds } from "./order-deeds.client.tsx";
import { orderTopics } from "./order-topics.ts";

/** One order: how far it is, what may be done with it now (and why not), and its operations. */
export function OrderPage(props: {
  initial: OrderView;
  scopes: readonly string[];
  whyNot: string | null;
  whyNotCorrect: string | null;
}): ReactNode {
  const t = useTranslations("orders");
  const locale = useLocale();
  const {
    data: order = props.initial,
    error,
    reread,
  } = useRecord<OrderView>({
    path: `/orders/${props.initial.id}`,
    initial: props.initial,
    scopes: props.scopes,
    topics: orderTopics,
    everyMs: 15_000,
  });
  return (
    <>
      <header className="d-panel flex flex-wrap items-center gap-x-8 gap-y-3 p-4">
        <div>
          <p className="text-sm text-ink-2">
            <Link className="d-link" href="/office/orders" prefetch={false}>
              {t("title")}
            </Link>
          </p>
          <h1 className="flex items-center gap-3 text-2xl font-semibold">
            <bdi>{order.code}</bdi>
            <span
              className="d-chip text-base"
              data-strong={order.state === "held"}
              data-order-state={order.state}
            >
              {t(`is.${order.state}`)}
            </span>
          </h1>
          <p>
            <bdi>{order.productCode}</bdi> <bdi>{order.productName}</bdi>
            {order.parentCode !== null && (
              <span className="ms-2 text-ink-2">{t("partOf", { order: order.parentCode })}</span>
            )}
          </p>
        </div>
        <Figure name={t("quantity")}>{formatNumber(locale, order.quantity)}</Figure>
        <Figure name={t("delivered")}>{formatNumber(locale, delivered(order))}</Figure>
        <Figure name={t("due")}>{order.due === null ? "–" : <PlantTime at={order.due} day />}</Figure>
        <Figure name={t("priority")}>{formatNumber(locale, order.priority)}</Figure>
        <div className="ms-auto">
          <ButtonLink href={`/office/orders/${order.id}/traveller`}>{t("traveller")}</ButtonLink>
        </div>
      </header>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {order.hold !== null && (
        <p role="alert" className="d-panel border-2 border-ink p-4 font-semibold">
          {t("heldBecause", { reason: order.hold.reason, by: order.hold.by })}{" "}
          <PlantTime at={order.hold.at} day />
        </p>
      )}
      {order.closedReason !== null && (
        <p className="d-panel p-4">{t("closedBecause", { reason: order.closedReason })}</p>
      )}
      <OrderDeeds order={order} whyNot={props.whyNot} onDone={reread} />
      <section className="d-panel p-4" aria-labelledby="jobs-title">
        <h2 id="jobs-title" className="pb-2 font-semibold">
          {t("operations")}
        </h2>
        <ul className="flex flex-col">
          {order.jobs.map((job) => (
            <Job key={job.runId ?? job.jobId} job={job} whyNotCorrect={props.whyNotCorrect} />
          ))}
        </ul>
      </section>
    </>
  );
}

function Figure(props: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <p className="text-sm text-ink-2">{props.name}</p>
      <p className="text-xl font-semibold">{props.children}</p>
    </div>
  );
}

function Job(props: { job: WaitingJob; whyNotCorrect: string | null }): ReactNode {
  const { job } = props;
  const t = useTranslations("orders");
  const locale = useLocale();
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-hairline py-2 last:border-0">
      <span className="w-8 text-ink-2 tabular-nums">{formatNumber(locale, job.sequence)}</span>
      <span className="min-w-40 flex-1">
        <bdi className="font-semibold">{job.operation}</bdi>{" "}
        <Link className="d-link" href={`/office/machines/${job.machineCode}`} prefetch={false}>
          <bdi>{job.machineCode}</bdi>
        </Link>
        {job.lots.length > 0 && (
          <span className="block text-sm text-ink-2">
            {t("lots")} <bdi>{job.lots.map((lot) => lot.code).join(", ")}</bdi>
          </span>
        )}
      </span>
      <span className="d-chip">{t(`jobIs.${job.state}`)}</span>
      <span className="tabular-nums">
        {t("madeOf", {
          good: formatNumber(locale, job.good),
          quantity: formatNumber(locale, job.quantity),
          scrap: formatNumber(locale, job.scrap),
        })}
      </span>
      {props.whyNotCorrect === null && job.state !== "ready" && job.state !== "waiting" && (
        <ButtonLink size="small" href={`/office/corrections?machine=${job.machineCode}&job=${job.jobId}`}>
          {t("correct")}
        </ButtonLink>
      )}
    </li>
  );
}
