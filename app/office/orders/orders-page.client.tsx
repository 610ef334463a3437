"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { OrderView, WaitingJob } from "#server/execution/orders/orders.contract.ts";
import { delivered } from "#server/execution/orders/planning.rules.ts";
import type { ProductView } from "#server/execution/orders/products.contract.ts";
import { type MachineName, orderTopics } from "./order-topics.ts";
import { MakeOrder } from "./make-order.client.tsx";
import { Queues } from "./queues.client.tsx";

/** Orders without an ERP: what is asked for, how far it is, and what each machine does next. */
export function OrdersPage(props: {
  orders: readonly OrderView[];
  waiting: readonly WaitingJob[];
  products: readonly ProductView[];
  machines: readonly MachineName[];
  scopes: readonly string[];
  whyNot: string | null;
}): ReactNode {
  const t = useTranslations("orders");
  const locale = useLocale();
  const [making, setMaking] = useState(false);
  const about = { scopes: props.scopes, topics: orderTopics, everyMs: 30_000 };
  const { data, error, reread } = useRecord<readonly OrderView[]>({
    path: "/orders",
    initial: props.orders,
    ...about,
  });
  const columns: readonly Column<OrderView>[] = [
    {
      key: "code",
      head: t("order"),
      value: (o) => o.code,
      cell: (o) => (
        <>
          <Link className="d-link font-semibold" href={`/office/orders/${o.id}`} prefetch={false}>
            <bdi>{o.code}</bdi>
          </Link>
          {o.parentCode !== null && (
            <span className="block text-ink-2">{t("partOf", { order: o.parentCode })}</span>
          )}
        </>
      ),
    },
    {
      key: "state",
      head: t("state"),
      value: (o) => t(`is.${o.state}`),
      cell: (o) => (
        <>
          <span className="d-chip" data-strong={o.state === "held"}>
            {t(`is.${o.state}`)}
          </span>
          {o.hold !== null && <span className="block text-ink-2">{o.hold.reason}</span>}
        </>
      ),
    },
    {
      key: "product",
      head: t("product"),
      value: (o) => o.productName,
      cell: (o) => <bdi>{o.productName}</bdi>,
    },
    {
      key: "made",
      head: t("delivered"),
      align: "end",
      value: (o) => delivered(o),
      cell: (o) => (
        <span className="tabular-nums">
          {t("of", { made: formatNumber(locale, delivered(o)), quantity: formatNumber(locale, o.quantity) })}
        </span>
      ),
    },
    {
      key: "due",
      head: t("due"),
      value: (o) => o.due,
      cell: (o) => (o.due === null ? "–" : <PlantTime at={o.due} day />),
    },
    { key: "priority", head: t("priority"), align: "end", value: (o) => o.priority },
    {
      key: "machines",
      head: t("machines"),
      value: (o) => [...new Set(o.jobs.map((job) => job.machineCode))].join(", "),
      cell: (o) => <bdi>{[...new Set(o.jobs.map((job) => job.machineCode))].join(", ")}</bdi>,
    },
  ];
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <Button tone="primary" why={props.whyNot} onPress={() => setMaking(true)}>
          {t("make")}
        </Button>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <section className="d-panel min-w-0">
          <DataTable
            name="orders"
            caption={t("title")}
            columns={columns}
            rows={data}
            rowKey={(o) => o.id}
            empty={
              <Notice kind="empty" title={t("none")} filling>
                {t("noneText")}
              </Notice>
            }
          />
        </section>
        <Queues
          waiting={props.waiting}
          machines={props.machines}
          scopes={props.scopes}
          whyNot={props.whyNot}
        />
      </div>
      {making && (
        <MakeOrder
          products={props.products}
          machines={props.machines}
          onClose={() => {
            setMaking(false);
            reread();
          }}
        />
      )}
    </>
  );
}
