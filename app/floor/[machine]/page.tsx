import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { webEnvironment } from "#app/_lib/server/environment.ts";
import { currentLanguage } from "#app/_lib/server/language.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { Station } from "#app/floor/_station/station.client.tsx";
import { ribbonEnd, ribbonMs } from "#app/floor/_station/ribbon-time.ts";
import { can } from "#server/core/access.rules.ts";
import { listAdjustments } from "#server/execution/adjustments/adjustments.queries.ts";
import { listAlarms } from "#server/execution/alarms/alarms.queries.ts";
import { machineView } from "#server/execution/machine-state/machines.queries.ts";
import { statesBetween } from "#server/execution/machine-state/stops.queries.ts";

interface Props {
  readonly params: Promise<{ machine: string }>;
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  return { title: (await props.params).machine };
}

/** The home of one machine's station. Anybody may look; a record asks for a name when it is made. */
export default async function StationPage(props: Props): Promise<ReactNode> {
  const { machine: code } = await props.params;
  const { actor, station } = await requirePage("floor.look", { at: `/floor/${code}` });
  const now = await renderTime();
  const machine = await machineView(db(), code, now);
  if (machine === undefined) notFound();
  // A station shows its own machines; another's address leads back to them.
  if (!can(actor, "floor.look", { machineId: machine.id })) redirect("/floor");
  const end = ribbonEnd(now);
  const [alarms, adjustments, states] = await Promise.all([
    listAlarms(db(), { machine: code, show: "open", limit: 100 }),
    listAdjustments(db(), { machine: code, show: "all", limit: 8 }),
    statesBetween(db(), machine.id, end - ribbonMs, end),
  ]);
  return (
    <Station
      key={code}
      initial={{ machine, alarms, adjustments, states }}
      actor={actor}
      stationName={station?.name ?? null}
      language={await currentLanguage()}
      demo={webEnvironment().config.DEMO}
    />
  );
}
