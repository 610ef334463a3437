import { notFound } from "next/navigation";
import { getLocale, getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { Barcode, QrPicture } from "#app/_ui/code-picture.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import { orderLots } from "#server/execution/materials/stock.queries.ts";
import { orderById } from "#server/execution/orders/orders.queries.ts";
import { PrintButton } from "./print-button.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("orders"))("traveller") };
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The sheet that goes with the parts: one A4 page, black on white, with codes that a scanner at a station reads. */
export default async function Traveller(props: { params: Promise<{ order: string }> }): Promise<ReactNode> {
  const { order: id } = await props.params;
  await requirePage("office.look", { at: `/office/orders/${id}/traveller` });
  const now = await renderTime();
  const order = uuid.test(id) ? await orderById(db(), id, now) : undefined;
  if (order === undefined) notFound();
  const [t, locale, lots] = await Promise.all([
    getTranslations("orders"),
    getLocale(),
    orderLots(db(), order.id),
  ]);
  const jobs = [...new Map(order.jobs.map((job) => [job.jobId, job])).values()];
  const facts: readonly (readonly [string, ReactNode])[] = [
    [t("product"), `${order.productCode} ${order.productName}`],
    [t("quantity"), formatNumber(locale, order.quantity)],
    [t("due"), order.due === null ? "–" : <PlantTime key="due" at={order.due} day />],
    [t("priority"), formatNumber(locale, order.priority)],
    ...(order.parentCode === null ? [] : [[t("splitFrom"), order.parentCode] as const]),
  ];
  return (
    <>
      <div className="flex justify-end print:hidden">
        <PrintButton word={t("print")} />
      </div>
      <article className="traveller mx-auto flex w-full max-w-[190mm] flex-col gap-6 p-[10mm]">
        <header className="flex flex-wrap items-start justify-between gap-4">
          <div>
            <p>{t("traveller")}</p>
            <h1 className="text-3xl font-bold">
              <bdi>{order.code}</bdi>
            </h1>
            {order.hold !== null && (
              <p className="mt-2 border-2 p-2 font-bold">
                {t("heldBecause", { reason: order.hold.reason, by: order.hold.by })}
              </p>
            )}
          </div>
          <div className="flex items-center gap-4">
            <Barcode text={order.code} className="h-[18mm] w-[62mm]" />
            <QrPicture text={order.code} className="size-[28mm]" />
          </div>
        </header>
        <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-1">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt>{name}</dt>
              <dd className="font-semibold">{typeof value === "string" ? <bdi>{value}</bdi> : value}</dd>
            </div>
          ))}
        </dl>
        <section>
          <h2 className="border-b-2 pb-1 font-bold">{t("operations")}</h2>
          {jobs.map((job) => (
            <div
              key={job.jobId}
              className="flex break-inside-avoid flex-wrap items-center justify-between gap-4 border-b py-2"
            >
              <div>
                <p className="font-semibold">
                  {formatNumber(locale, job.sequence)} <bdi>{job.operation}</bdi>
                </p>
                <p>
                  <bdi>{job.machineCode}</bdi> · {t("parts", { count: job.quantity })}
                </p>
              </div>
              <Barcode text={`${order.code}/${String(job.sequence)}`} className="h-[12mm] w-[62mm]" />
            </div>
          ))}
        </section>
        <section>
          <h2 className="border-b-2 pb-1 font-bold">{t("lots")}</h2>
          {lots.length === 0 && <p className="py-2">{t("noLots")}</p>}
          <ul>
            {lots.map((lot) => (
              <li key={`${lot.lotId}${lot.role}`} className="border-b py-1">
                {t(lot.role === "in" ? "lotIn" : "lotOut")} <bdi className="font-semibold">{lot.code}</bdi>{" "}
                <bdi>{lot.name}</bdi>
              </li>
            ))}
          </ul>
        </section>
        <p className="text-sm">
          {t("printed")} <PlantTime at={now} day />
        </p>
      </article>
    </>
  );
}
