"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { ImportButton } from "#app/admin/_import/import-dialog.client.tsx";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { StationCodeView, StationView } from "#server/execution/people/stations.contract.ts";
import { StationCode } from "./station-code.client.tsx";
import { StationDialog } from "./station-dialog.client.tsx";

/** Devices on the floor: which machines they show, when they were last seen; a code enrols one, once. */
export function StationTable(props: {
  initial: readonly StationView[];
  machines: readonly { id: number; code: string; name: string }[];
}): ReactNode {
  const t = useTranslations("admin.stations");
  const wrong = useErrorWords();
  const { data, error, reread } = useRecord<readonly StationView[]>({
    path: "/stations",
    initial: props.initial,
    scopes: ["plant"],
    topics: ["station."],
    everyMs: 15_000,
  });
  const command = useCommand<object, StationCodeView>("/stations");
  const [making, setMaking] = useState(false);
  const [code, setCode] = useState<StationCodeView | null>(null);
  const columns: readonly Column<StationView>[] = [
    {
      key: "name",
      head: t("name"),
      value: (s) => s.name,
      cell: (s) => <bdi className="font-semibold">{s.name}</bdi>,
    },
    { key: "machines", head: t("machines"), value: (s) => s.machines.map((m) => m.name).join(", ") },
    { key: "devices", head: t("devices"), value: (s) => s.devices, align: "end" },
    {
      key: "seen",
      head: t("seen"),
      value: (s) => s.lastSeenAt,
      cell: (s) => (s.lastSeenAt === null ? t("never") : <Ago at={s.lastSeenAt} />),
    },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (s) =>
        s.revokedAt !== null ? (
          <span className="d-chip">{t("revoked")}</span>
        ) : (
          <span className="flex gap-1">
            <Button
              size="small"
              busy={command.busy}
              onPress={() => void command.run({}, `/stations/${s.id}/code`).then(setCode)}
            >
              {t("newCode")}
            </Button>
            <Button
              size="small"
              busy={command.busy}
              onPress={() => void command.run({}, `/stations/${s.id}/revoke`).then(reread)}
            >
              {t("revoke")}
            </Button>
          </span>
        ),
    },
  ];
  return (
    <section className="d-panel">
      <div className="flex items-center justify-between gap-3 p-4 pb-2">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <div className="flex flex-wrap justify-end gap-2">
          <ImportButton kind="stations" onStored={reread} />
          <Button tone="primary" onPress={() => setMaking(true)}>
            {t("add")}
          </Button>
        </div>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {command.state.phase === "wrong" && <Notice kind="error" title={wrong(command.state.error)} />}
      <DataTable
        name="stations"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(s) => s.id}
        loading={<Skeleton lines={6} label={t("loading")} />}
        empty={
          <Notice kind="empty" title={t("none")} filling>
            {t("noneText")}
          </Notice>
        }
      />
      {making && (
        <StationDialog
          machines={props.machines}
          onClose={(made) => {
            setMaking(false);
            setCode(made);
            reread();
          }}
        />
      )}
      {code !== null && <StationCode code={code} onClose={() => setCode(null)} />}
    </section>
  );
}
