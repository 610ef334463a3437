"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { SeenValue } from "#server/edge/uplink.contract.ts";
import type { SourceView } from "#server/execution/sources/sources.contract.ts";
import type { DiscoveredMetricView } from "#server/execution/tags/tags.contract.ts";
import { SeenWords } from "../seen-value.client.tsx";
import { type NewMetric, TagDialog } from "../tag-dialog.client.tsx";

/** Metrics that were heard and that no tag names yet, each with what it says right now. */
export function NewMetrics(props: {
  source: SourceView;
  machines: readonly { id: number; code: string; name: string }[];
}): ReactNode {
  const { source, machines } = props;
  const t = useTranslations("admin.sources");
  const wrong = useErrorWords();
  const id = String(source.id);
  const found = useRecord<readonly DiscoveredMetricView[]>({
    path: `/discovered-metrics?source=${id}`,
    scopes: ["plant"],
    topics: ["metric.", "tags."],
    everyMs: 5000,
  });
  const waiting = (found.data?.length ?? 0) > 0;
  const seen = useRecord<readonly SeenValue[]>({
    path: waiting && source.health.state !== "edge_away" ? `/sources/${id}/seen` : null,
    scopes: [],
    everyMs: 2000,
  });
  const ignore = useCommand<object, unknown>("/discovered-metrics/ignore");
  const [mapping, setMapping] = useState<NewMetric | null>(null);
  const [lastMachine, setLastMachine] = useState<number | null>(null);
  const now = new Map(seen.data?.map((one) => [one.metric, one]));
  const columns: readonly Column<DiscoveredMetricView>[] = [
    {
      key: "metric",
      head: t("metric"),
      value: (m) => m.metric,
      cell: (m) => <bdi className="font-mono text-sm break-all">{m.metric}</bdi>,
    },
    {
      key: "value",
      head: t("saysNow"),
      align: "end",
      value: (m) => String(now.get(m.metric)?.value ?? ""),
      cell: (m) => <SeenWords value={now.get(m.metric)?.value} unit={m.unit} />,
    },
    { key: "datatype", head: t("datatype"), value: (m) => t(`datatypes.${m.datatype}`) },
    { key: "since", head: t("firstSeen"), value: (m) => m.firstSeen, cell: (m) => <Ago at={m.firstSeen} /> },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (m) => (
        <span className="flex gap-1">
          <Button
            size="small"
            tone="primary"
            why={machines.length === 0 ? t("machineFirst") : null}
            onPress={() => {
              const { metric, datatype, unit } = m;
              setMapping({ metric, datatype, unit, value: now.get(metric)?.value ?? null });
            }}
          >
            {t("map")}
          </Button>
          <Button
            size="small"
            busy={ignore.busy}
            onPress={() => void ignore.run({ discoveredId: m.id }).then(found.reread)}
          >
            {t("ignore")}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <section className="d-panel" aria-label={t("newTitle")}>
      <h2 className="p-4 pb-2 font-semibold">{t("newTitle")}</h2>
      {found.error !== null && <Notice kind="error" title={t("unread")} />}
      {ignore.state.phase === "wrong" && <Notice kind="error" title={wrong(ignore.state.error)} />}
      <DataTable
        name={`${source.code}-new`}
        caption={t("newTitle")}
        columns={columns}
        rows={found.data}
        rowKey={(m) => String(m.id)}
        loading={<Skeleton lines={3} label={t("loading")} />}
        empty={<p className="px-4 pb-4 text-ink-2">{t(source.tags === 0 ? "nothingHeard" : "nothingNew")}</p>}
      />
      {mapping !== null && (
        <TagDialog
          sourceId={source.id}
          machines={machines}
          machineId={lastMachine}
          of={mapping}
          onClose={(saved) => {
            setMapping(null);
            if (saved === null) return;
            setLastMachine(saved.machineId);
            found.reread();
          }}
        />
      )}
    </section>
  );
}
