import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { refusalWords } from "#app/_lib/server/refusal-words.ts";
import { db } from "#app/_lib/server/db.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { plantScopes } from "#app/_lib/server/scopes.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import { listCounterDoubts } from "#server/execution/counters/doubts.queries.ts";
import { ShowTabs } from "../show-tabs.tsx";
import { DoubtTable } from "./doubt-table.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("office.counters"))("title") };
}

/** Counters that went down so that the readings alone do not say why; `?show=all` = those that were decided. */
export default async function CountersPage(props: {
  searchParams: Promise<{ show?: string }>;
}): Promise<ReactNode> {
  const { actor } = await requirePage("office.look", { at: "/office/counters" });
  const show = (await props.searchParams).show === "all" ? "decided" : "open";
  const t = await getTranslations("office.counters");
  const doubts = await listCounterDoubts(db(), { show, limit: 100 });
  return (
    <>
      <ShowTabs
        title={t("title")}
        at="/office/counters"
        show={show === "open" ? "open" : "all"}
        words={{ open: t("open"), all: t("decided") }}
      />
      <DoubtTable
        key={show}
        show={show}
        initial={doubts}
        scopes={await plantScopes(await renderTime())}
        whyNot={await refusalWords(whyNotAllowed(actor, "counter.decide"))}
      />
    </>
  );
}
