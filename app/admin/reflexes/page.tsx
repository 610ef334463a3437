import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listReflexes } from "#server/execution/reflexes/reflexes.queries.ts";
import { listTags } from "#server/execution/tags/tags.queries.ts";
import { ReflexesPage } from "./reflexes-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.reflexes"))("title") };
}

export default async function Reflexes(): Promise<ReactNode> {
  await requirePage("admin.look", { at: "/admin/reflexes" });
  const now = await renderTime();
  const [reflexes, tags] = await Promise.all([listReflexes(db(), now), listTags(db())]);
  return <ReflexesPage initial={reflexes} tags={tags.filter(({ enabled }) => enabled)} />;
}
