import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { machineList } from "#app/_lib/server/machine-list.queries.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { refusalWords } from "#app/_lib/server/refusal-words.ts";
import { plantScopes } from "#app/_lib/server/scopes.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import { allWaiting, orderList } from "#server/execution/orders/orders.queries.ts";
import { listProducts } from "#server/execution/orders/products.queries.ts";
import { OrdersPage } from "./orders-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("orders"))("title") };
}

export default async function Orders(): Promise<ReactNode> {
  const { actor } = await requirePage("office.look", { at: "/office/orders" });
  const now = await renderTime();
  const [orders, waiting, products, machines] = await Promise.all([
    orderList(db(), now),
    allWaiting(db(), now),
    listProducts(db()),
    machineList(db()),
  ]);
  return (
    <OrdersPage
      orders={orders}
      waiting={waiting}
      products={products}
      machines={machines}
      scopes={await plantScopes(now)}
      whyNot={await refusalWords(whyNotAllowed(actor, "order.manage"))}
    />
  );
}
