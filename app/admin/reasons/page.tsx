import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { readReasonTree } from "#server/execution/reasons/reasons.queries.ts";
import { ReasonsPage } from "./reasons-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.reasons"))("title") };
}

export default async function Page(): Promise<ReactNode> {
  await requirePage("plant.manage", { at: "/admin/reasons" });
  return <ReasonsPage initial={await readReasonTree(db(), await renderTime())} />;
}
