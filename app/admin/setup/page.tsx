import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listProducts } from "#server/execution/orders/products.queries.ts";
import { readPlant } from "#server/execution/plant/plant.queries.ts";
import { readSetup } from "#server/execution/setup/setup.queries.ts";
import { SetupPage } from "./setup-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.setup"))("title") };
}

/** From an empty house to the first OEE, one step after the other. */
export default async function Setup(): Promise<ReactNode> {
  await requirePage("plant.manage", { at: "/admin/setup" });
  const [setup, plant, products] = await Promise.all([
    readSetup(db(), await renderTime()),
    readPlant(db()),
    listProducts(db()),
  ]);
  return <SetupPage initial={setup} plant={plant} products={products} />;
}
