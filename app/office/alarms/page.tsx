import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { refusalWords } from "#app/_lib/server/refusal-words.ts";
import { db } from "#app/_lib/server/db.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { plantScopes } from "#app/_lib/server/scopes.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import { listAlarms } from "#server/execution/alarms/alarms.queries.ts";
import { ShowTabs } from "../show-tabs.tsx";
import { AlarmTable } from "./alarm-table.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("office.alarms"))("title") };
}

export default async function AlarmsPage(props: {
  searchParams: Promise<{ show?: string }>;
}): Promise<ReactNode> {
  const { actor } = await requirePage("office.look", { at: "/office/alarms" });
  const show = (await props.searchParams).show === "all" ? "all" : "open";
  const t = await getTranslations("office.alarms");
  const alarms = await listAlarms(db(), { show, limit: 100 });
  return (
    <>
      <ShowTabs
        title={t("title")}
        at="/office/alarms"
        show={show}
        words={{ open: t("open"), all: t("all") }}
      />
      <AlarmTable
        key={show}
        show={show}
        initial={alarms}
        scopes={await plantScopes(await renderTime())}
        whyNotTake={await refusalWords(whyNotAllowed(actor, "alarm.take"))}
        whyNotShelve={await refusalWords(whyNotAllowed(actor, "alarm.shelve"))}
      />
    </>
  );
}
