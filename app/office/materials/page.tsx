import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { refusalWords } from "#app/_lib/server/refusal-words.ts";
import { plantScopes } from "#app/_lib/server/scopes.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import { listMaterials, lotStock } from "#server/execution/materials/stock.queries.ts";
import { listProducts } from "#server/execution/orders/products.queries.ts";
import { ShowTabs } from "../show-tabs.tsx";
import { MaterialsPage } from "./materials-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("materials"))("title") };
}

export default async function Materials(props: {
  searchParams: Promise<{ show?: string }>;
}): Promise<ReactNode> {
  const { actor } = await requirePage("office.look", { at: "/office/materials" });
  const show = (await props.searchParams).show === "all" ? "all" : "open";
  const now = await renderTime();
  const [t, lots, materials, products] = await Promise.all([
    getTranslations("materials"),
    lotStock(db(), show),
    listMaterials(db(), now),
    listProducts(db()),
  ]);
  return (
    <>
      <ShowTabs
        title={t("title")}
        at="/office/materials"
        show={show}
        words={{ open: t("open"), all: t("all") }}
      />
      <MaterialsPage
        key={show}
        show={show}
        initial={lots}
        materials={materials}
        products={products.map(({ id, code, name }) => ({ id, code, name }))}
        scopes={await plantScopes(now)}
        whyNotReceive={await refusalWords(whyNotAllowed(actor, "order.manage"))}
        whyNotHold={await refusalWords(whyNotAllowed(actor, "lot.hold"))}
        whyNotMaterial={await refusalWords(whyNotAllowed(actor, "product.manage"))}
      />
    </>
  );
}
