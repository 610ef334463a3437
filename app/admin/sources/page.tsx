import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { requirePage } from "#app/_lib/server/page.ts";
import { SourcesPage } from "./sources-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.sources"))("title") };
}

/** How a source is right now knows the server alone: the page asks it, and paints no guess before. */
export default async function Sources(props: {
  searchParams: Promise<{ show?: string }>;
}): Promise<ReactNode> {
  await requirePage("admin.look", { at: "/admin/sources" });
  const { show } = await props.searchParams;
  return <SourcesPage show={show === "edges" || show === "templates" ? show : "sources"} />;
}
