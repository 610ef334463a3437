import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { readPlant } from "#server/execution/plant/plant.queries.ts";
import { EquipmentPage } from "./equipment-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.equipment"))("title") };
}

/** What the plant consists of: site, areas, lines and machines, each with its history. */
export default async function Equipment(): Promise<ReactNode> {
  await requirePage("plant.manage", { at: "/admin/equipment" });
  return <EquipmentPage initial={await readPlant(db())} />;
}
