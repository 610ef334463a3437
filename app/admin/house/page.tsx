import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { requirePage } from "#app/_lib/server/page.ts";
import { HousePage } from "./house-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.house"))("title") };
}

export default async function House(): Promise<ReactNode> {
  await requirePage("admin.look", { at: "/admin/house" });
  return <HousePage />;
}
