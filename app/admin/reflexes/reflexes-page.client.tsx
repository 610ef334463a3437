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
import type { ReflexView } from "#server/execution/reflexes/reflexes.contract.ts";
import type { TagView } from "#server/execution/tags/tags.contract.ts";
import { DocumentTable } from "./document-table.client.tsx";
import { ReflexDialog } from "./reflex-dialog.client.tsx";
import { useReflexWords } from "./reflex-words.client.ts";

/** What edges do by themselves, by machine: edited, tried on what was stored, and signed. */
export function ReflexesPage(props: { initial: readonly ReflexView[]; tags: readonly TagView[] }): ReactNode {
  const t = useTranslations("admin.reflexes");
  const words = useReflexWords();
  const wrong = useErrorWords();
  const { data, error, reread } = useRecord<readonly ReflexView[]>({
    path: "/reflexes",
    initial: props.initial,
    scopes: ["plant"],
    topics: ["tags."],
    everyMs: 30_000,
  });
  const [open, setOpen] = useState<ReflexView | "new" | null>(null);
  const turn = useCommand<object, object>("/reflexes");

  async function switchTo(reflex: ReflexView, enabled: boolean): Promise<void> {
    const { id, version, machineId, tagId, condition, action, stop, riskAssessment } = reflex;
    const rest = { machineId, tagId, condition, action, riskAssessment };
    const sent = { ...rest, stop: stop && { tagId: stop.tagId, value: stop.value } };
    if ((await turn.run({ ...sent, reflexId: id, version, enabled })) !== null) reread();
  }

  const columns: readonly Column<ReflexView>[] = [
    {
      key: "machine",
      head: t("machine"),
      value: (r) => r.machineName,
      cell: (r) => <bdi className="font-semibold">{r.machineName}</bdi>,
    },
    {
      key: "when",
      head: t("condition"),
      value: (r) => words.when(r.tagName, r.unit, r.condition),
      cell: (r) => (
        <span className="flex max-w-80 flex-col">
          <span>{words.when(r.tagName, r.unit, r.condition)}</span>
          <span className="text-sm text-ink-2">{words.back(r.unit, r.condition)}</span>
        </span>
      ),
    },
    {
      key: "does",
      head: t("does"),
      value: (r) => t(`action.${r.acts}`),
      cell: (r) => <Deed reflex={r} />,
    },
    {
      key: "acted",
      head: t("acted"),
      value: (r) => r.times,
      cell: (r) => (
        <span className="flex flex-col">
          <span>{t("times", { count: r.times })}</span>
          {r.lastAt !== null && (
            <span className="text-sm text-ink-2">
              <Ago at={r.lastAt} />
            </span>
          )}
        </span>
      ),
    },
    { key: "version", head: t("version"), align: "end", value: (r) => r.version },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (r) => (
        <span className="flex flex-wrap gap-1">
          <Button size="small" onPress={() => setOpen(r)} label={t("changeOf", { machine: r.machineName })}>
            {t("change")}
          </Button>
          <Button
            size="small"
            busy={turn.busy}
            onPress={() => void switchTo(r, !r.enabled)}
            label={t(r.enabled ? "offOf" : "onOf", { machine: r.machineName })}
          >
            {t(r.enabled ? "off" : "on")}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <>
      <section className="d-panel">
        <header className="flex flex-wrap items-start justify-between gap-3 p-4 pb-2">
          <div className="max-w-3xl">
            <h1 className="text-lg font-semibold">{t("title")}</h1>
            <p className="text-ink-2">{t("text")}</p>
          </div>
          <Button
            tone="primary"
            why={props.tags.length === 0 ? t("noTags") : null}
            onPress={() => setOpen("new")}
          >
            {t("add")}
          </Button>
        </header>
        {error !== null && <Notice kind="error" title={t("unread")} />}
        {turn.state.phase === "wrong" && <Notice kind="error" title={wrong(turn.state.error)} />}
        <DataTable
          name="reflexes"
          caption={t("title")}
          columns={columns}
          rows={data}
          rowKey={(r) => r.id}
          loading={<Skeleton lines={5} label={t("loading")} />}
          empty={
            <Notice kind="clear" title={t("none")} filling>
              {t("noneText")}
            </Notice>
          }
        />
      </section>
      <DocumentTable reflexes={data ?? []} />
      {open !== null && (
        <ReflexDialog
          reflex={open === "new" ? null : open}
          tags={props.tags}
          onClose={(saved) => {
            setOpen(null);
            if (saved) reread();
          }}
        />
      )}
    </>
  );
}

function Deed({ reflex }: { reflex: ReflexView }): ReactNode {
  const t = useTranslations("admin.reflexes");
  const words = useReflexWords();
  const { acts, action, stop, enabled, riskAssessment } = reflex;
  return (
    <span className="flex max-w-80 flex-col">
      {enabled ? (
        <span className="font-semibold">{t(`action.${acts}`)}</span>
      ) : (
        <span className="text-ink-2">{t("isOff")}</span>
      )}
      {enabled && acts === "request_stop" && stop !== null && (
        <span className="text-sm">
          <bdi>{t("writes", { tag: stop.tagName, value: words.value(stop.value) })}</bdi>
        </span>
      )}
      {acts !== action && <span className="text-sm">{t("reportsOnly")}</span>}
      {riskAssessment !== null && <bdi className="text-sm break-words text-ink-2">{riskAssessment}</bdi>}
    </span>
  );
}
