import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { requirePage } from "#app/_lib/server/page.ts";
import { NewSource } from "./new-source.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.sources"))("add") };
}

export default async function NewSourcePage(): Promise<ReactNode> {
  await requirePage("tag.manage", { at: "/admin/sources/new" });
  return <NewSource />;
}
