"use client";

import { useTranslations } from "next-intl";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import type { ReactNode } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import { ImportButton } from "../_import/import-dialog.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { PlantView } from "#server/execution/plant/plant.contract.ts";
import { AreaPanel, LinePanel, SitePanel } from "./place-panels.client.tsx";
import { EquipmentTree } from "./equipment-tree.client.tsx";
import { MachinePanel } from "./machine-panel.client.tsx";

/** What every panel knows, and what it calls once it has saved something. */
export interface PanelProps {
  readonly plant: PlantView;
  readonly onSaved: () => void;
}

/** The tree on one side, whatever is chosen in it on the other; the choice stands in the address. */
export function EquipmentPage(props: { initial: PlantView }): ReactNode {
  const t = useTranslations("admin.equipment");
  const path = usePathname();
  const router = useRouter();
  const chosen = useSearchParams().get("at") ?? "site";
  const { data, error, reread } = useRecord<PlantView>({
    path: "/plant",
    initial: props.initial,
    scopes: ["plant"],
    topics: ["plant."],
  });
  const plant = data ?? props.initial;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[22rem_minmax(0,1fr)]">
      <section className="d-panel p-4">
        <div className="flex flex-wrap items-center justify-between gap-2 pb-3">
          <h1 className="text-lg font-semibold">{t("title")}</h1>
          <ImportButton kinds={["machines", "plant"]} onStored={reread} />
        </div>
        {error !== null && <Notice kind="error" title={t("unread")} />}
        <EquipmentTree
          plant={plant}
          chosen={chosen}
          onChoose={(at) => router.replace(`${path}?at=${at}`, { scroll: false })}
        />
      </section>
      <section className="d-panel flex flex-col gap-5 p-4">
        {/* A key: another thing's fields are another form. */}
        <Panel key={chosen} chosen={chosen} plant={plant} onSaved={reread} />
      </section>
    </div>
  );
}

function Panel({ chosen, ...panel }: PanelProps & { chosen: string }): ReactNode {
  const t = useTranslations("admin.equipment");
  const { plant } = panel;
  const [level, id] = chosen.split("-");
  const same = (one: { id: number }) => one.id === Number(id);
  const machine = plant.lines.flatMap((line) => line.machines).find(same);
  if (level === "machine" && machine !== undefined) return <MachinePanel {...panel} machine={machine} />;
  const line = plant.lines.find(same);
  if (level === "line" && line !== undefined) return <LinePanel {...panel} line={line} />;
  const area = plant.areas.find(same);
  if (level === "area" && area !== undefined) return <AreaPanel {...panel} area={area} />;
  if (level !== "site") return <Notice kind="empty" title={t("gone")} filling />;
  return <SitePanel {...panel} />;
}
