import { notFound } from "next/navigation";
import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { refusalWords } from "#app/_lib/server/refusal-words.ts";
import { plantScopes } from "#app/_lib/server/scopes.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import { orderById } from "#server/execution/orders/orders.queries.ts";
import { OrderPage } from "../order-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("orders"))("order") };
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export default async function OneOrder(props: { params: Promise<{ order: string }> }): Promise<ReactNode> {
  const { order: id } = await props.params;
  const { actor } = await requirePage("office.look", { at: `/office/orders/${id}` });
  const now = await renderTime();
  const order = uuid.test(id) ? await orderById(db(), id, now) : undefined;
  if (order === undefined) notFound();
  return (
    <OrderPage
      initial={order}
      scopes={await plantScopes(now)}
      whyNot={await refusalWords(whyNotAllowed(actor, "order.manage"))}
      whyNotCorrect={await refusalWords(whyNotAllowed(actor, "job.correct"))}
    />
  );
}
