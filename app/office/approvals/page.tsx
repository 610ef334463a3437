import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { plantScopes } from "#app/_lib/server/scopes.ts";
import { listAdjustments } from "#server/execution/adjustments/adjustments.queries.ts";
import { ShowTabs } from "../show-tabs.tsx";
import { AdjustmentList } from "./adjustment-list.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("office.approvals"))("title") };
}

export default async function ApprovalsPage(props: {
  searchParams: Promise<{ show?: string }>;
}): Promise<ReactNode> {
  await requirePage("office.look", { at: "/office/approvals" });
  const show = (await props.searchParams).show === "all" ? "all" : "open";
  const t = await getTranslations("office.approvals");
  const adjustments = await listAdjustments(db(), { show, limit: 100 });
  return (
    <>
      <ShowTabs
        title={t("title")}
        at="/office/approvals"
        show={show}
        words={{ open: t("open"), all: t("all") }}
      />
      <AdjustmentList
        key={show}
        show={show}
        initial={adjustments}
        scopes={await plantScopes(await renderTime())}
      />
    </>
  );
}
