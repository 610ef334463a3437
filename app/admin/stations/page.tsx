import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { listStations } from "#server/execution/people/stations.queries.ts";
import { machineList } from "#app/_lib/server/machine-list.queries.ts";
import { StationTable } from "./station-table.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("admin.stations"))("title") };
}

export default async function StationsPage(): Promise<ReactNode> {
  await requirePage("station.manage", { at: "/admin/stations" });
  const [stations, machines] = await Promise.all([listStations(db(), await renderTime()), machineList(db())]);
  return <StationTable initial={stations} machines={machines} />;
}
