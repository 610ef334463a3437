import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listTools } from "#server/execution/tools/tools.queries.ts";
import { ToolTable } from "./tool-table.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.tools"))("title") };
}

export default async function ToolsPage(): Promise<ReactNode> {
  await requirePage("product.manage", { at: "/admin/tools" });
  return <ToolTable initial={await listTools(db(), await renderTime())} />;
}
