import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { can } from "#server/core/access.rules.ts";
import { readCalendar } from "#server/execution/shifts/calendar.queries.ts";
import { CalendarPage } from "./calendar-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.calendar"))("title") };
}

/** When each line works: patterns, single days that are otherwise, and what comes of both. */
export default async function Page(props: { searchParams: Promise<{ line?: string }> }): Promise<ReactNode> {
  const { line } = await props.searchParams;
  const { actor } = await requirePage("calendar.plan", { at: "/admin/calendar" });
  const initial = await readCalendar(db(), await renderTime());
  return <CalendarPage initial={initial} line={line ?? ""} mayChange={can(actor, "plant.manage")} />;
}
