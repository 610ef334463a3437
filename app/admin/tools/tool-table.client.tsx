"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import { ImportButton } from "#app/admin/_import/import-dialog.client.tsx";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type { ToolView } from "#server/execution/tools/tools.contract.ts";
import { ToolDialog } from "./tool-dialog.client.tsx";
import { Cavities, LifeBar, Place } from "./tool-parts.client.tsx";

/** The plant's tools: which is where, and which is due. */
export function ToolTable(props: { initial: readonly ToolView[] }): ReactNode {
  const t = useTranslations("admin.tools");
  const [adding, setAdding] = useState(false);
  const { data, error, reread } = useRecord<readonly ToolView[]>({
    path: "/tools",
    initial: props.initial,
    scopes: ["plant"],
    topics: ["tool."],
    everyMs: 30_000,
  });
  const columns: readonly Column<ToolView>[] = [
    {
      key: "serial",
      head: t("serial"),
      value: (tool) => tool.serial,
      cell: (tool) => (
        <Link className="d-link font-semibold" href={`/admin/tools/${tool.id}`} prefetch={false}>
          <bdi>{tool.serial}</bdi>
        </Link>
      ),
    },
    { key: "name", head: t("name"), value: (tool) => tool.name, cell: (tool) => <bdi>{tool.name}</bdi> },
    {
      key: "place",
      head: t("place"),
      value: (tool) => tool.machine?.name ?? tool.storage,
      cell: (tool) => <Place tool={tool} />,
    },
    {
      key: "cavities",
      head: t("cavities"),
      value: (tool) => tool.openCavities,
      cell: (tool) => <Cavities tool={tool} />,
    },
    {
      key: "shots",
      head: t("shots"),
      value: (tool) => Math.round(tool.shots),
      cell: (tool) => <LifeBar tool={tool} />,
    },
  ];
  return (
    <section className="d-panel">
      <div className="flex items-center justify-between gap-3 p-4 pb-2">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <div className="flex flex-wrap justify-end gap-2">
          <ImportButton kind="tools" onStored={reread} />
          <Button tone="primary" onPress={() => setAdding(true)}>
            {t("add")}
          </Button>
        </div>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <DataTable
        name="tools"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(tool) => tool.id}
        loading={<Skeleton lines={6} label={t("loading")} />}
        empty={
          <Notice kind="empty" title={t("none")} filling>
            {t("noneText")}
          </Notice>
        }
      />
      {adding && (
        <ToolDialog
          tool={null}
          onClose={() => {
            setAdding(false);
            reread();
          }}
        />
      )}
    </section>
  );
}
