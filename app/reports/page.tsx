import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { machineList } from "#app/_lib/server/machine-list.queries.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { plantScopes } from "#app/_lib/server/scopes.ts";
import { runningOee } from "#server/enterprise/oee/oee.queries.ts";
import { oeeReport } from "#server/enterprise/oee/report.queries.ts";
import { Month, type MonthChoice } from "./month.client.tsx";
import { RunningShift } from "./running-shift.client.tsx";

const dayMs = 86_400_000;

export async function generateMetadata() {
  return { title: (await getTranslations("reports"))("title") };
}

/** The running shift, then the last days; what is chosen stands in the address. */
export default async function ReportsPage(props: {
  searchParams: Promise<{ machine?: string; by?: string; days?: string }>;
}): Promise<ReactNode> {
  await requirePage("reports.look", { at: "/reports" });
  const given = await props.searchParams;
  const now = await renderTime();
  const machines = await machineList(db());
  const choice: MonthChoice = {
    machine: machines.find((one) => one.code === given.machine)?.code ?? "",
    by: (["day", "shift", "machine", "line"] as const).find((by) => by === given.by) ?? "day",
    days: given.days === "7" ? 7 : 30,
  };
  // On whole minutes, so that many who look at once share one query.
  const to = Math.ceil(now / 60_000) * 60_000;
  const asked = {
    by: choice.by,
    from: to - choice.days * dayMs,
    to,
    ...(choice.machine === "" ? {} : { machine: choice.machine }),
  };
  const path = `/oee?${new URLSearchParams(Object.entries(asked).map(([key, value]) => [key, String(value)])).toString()}`;
  const [running, report, scopes] = await Promise.all([
    runningOee(db(), now),
    oeeReport(db(), asked),
    plantScopes(now),
  ]);
  return (
    <>
      <h1 className="sr-only">{(await getTranslations("reports"))("title")}</h1>
      <RunningShift initial={running} scopes={scopes} />
      <Month key={path} choice={choice} path={path} initial={report} machines={machines} scopes={scopes} />
    </>
  );
}
