import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listDefinitions } from "#server/execution/orders/definition.queries.ts";
import { ProductTable } from "./product-table.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.products"))("title") };
}

export default async function ProductsPage(): Promise<ReactNode> {
  await requirePage("product.manage", { at: "/admin/products" });
  return <ProductTable initial={await listDefinitions(db(), await renderTime())} />;
}
