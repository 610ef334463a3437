import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { refusalWords } from "#app/_lib/server/refusal-words.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import { listAlarms } from "#server/execution/alarms/alarms.queries.ts";
import { machineView } from "#server/execution/machine-state/machines.queries.ts";
import { MachinePage } from "./machine-page.client.tsx";

export async function generateMetadata(props: { params: Promise<{ machine: string }> }) {
  return { title: (await props.params).machine };
}

export default async function OneMachine(props: {
  params: Promise<{ machine: string }>;
  searchParams: Promise<{ tag?: string; minutes?: string }>;
}): Promise<ReactNode> {
  const { machine: code } = await props.params;
  const { actor } = await requirePage("office.look", { at: `/office/machines/${code}` });
  const { tag, minutes } = await props.searchParams;
  const machine = await machineView(db(), code, await renderTime());
  if (machine === undefined) notFound();
  const alarms = await listAlarms(db(), { machine: code, show: "open", limit: 100 });
  const scope = { machineId: machine.id };
  return (
    <MachinePage
      initial={machine}
      alarms={alarms}
      whyNotAutomation={{
        on: await refusalWords(whyNotAllowed(actor, "automation.on", scope)),
        off: await refusalWords(whyNotAllowed(actor, "automation.off", scope)),
      }}
      whyNotExplain={await refusalWords(whyNotAllowed(actor, "stop.explain", scope))}
      tagId={machine.tags.find((one) => String(one.id) === tag)?.id ?? null}
      minutes={[5, 15, 60, 480].find((one) => String(one) === minutes) ?? 15}
    />
  );
}
