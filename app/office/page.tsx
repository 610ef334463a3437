import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { listAdjustments } from "#server/execution/adjustments/adjustments.queries.ts";
import { attention } from "#server/execution/alarms/attention.queries.ts";
import { lineList, mainTags } from "#server/execution/machine-state/machines.queries.ts";
import { AttentionList } from "./attention-list.client.tsx";
import { LineTiles } from "./line-tiles.client.tsx";
import { Outcomes } from "./outcomes.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("app.place"))("attention") };
}

/** The supervisor's home: what needs somebody, what became of the last decisions, and the plant at a glance. */
export default async function OfficePage(): Promise<ReactNode> {
  const { actor } = await requirePage("office.look", { at: "/office" });
  const now = await renderTime();
  const [list, changes, lines, tags] = await Promise.all([
    attention(db(), now, actor),
    listAdjustments(db(), { show: "all", limit: 100 }),
    lineList(db(), now),
    mainTags(db()),
  ]);
  const scopes = ["plant", ...lines.map((line) => `line:${String(line.id)}`)];
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
      <div className="flex flex-col gap-4">
        <AttentionList initial={list} scopes={scopes} />
        <Outcomes initial={changes} scopes={scopes} />
      </div>
      <LineTiles initial={lines} tags={tags} scopes={scopes} />
    </div>
  );
}
