"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { ImportButton } from "#app/admin/_import/import-dialog.client.tsx";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { useSample } from "#app/_live/samples.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { LiveValue, ValueAge } from "#app/_ui/live-value.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type { SourceView } from "#server/execution/sources/sources.contract.ts";
import type { TagView } from "#server/execution/tags/tags.contract.ts";
import { limitsText } from "../limits.ts";
import { TagDialog } from "../tag-dialog.client.tsx";
import { TemplateTools } from "./template-tools.client.tsx";

/** What becomes of a source's metrics, each row with its live value. */
export function TagTable(props: {
  source: SourceView;
  machines: readonly { id: number; code: string; name: string }[];
}): ReactNode {
  const { source, machines } = props;
  const t = useTranslations("admin.sources");
  const meaning = useTranslations("meaning");
  const locale = useLocale();
  const wrong = useErrorWords();
  const tags = useRecord<readonly TagView[]>({
    path: `/sources/${String(source.id)}/tags`,
    scopes: ["plant"],
    topics: ["tags."],
  });
  const change = useCommand<object, unknown>("/tags");
  const [editing, setEditing] = useState<TagView | null>(null);
  const columns: readonly Column<TagView>[] = [
    {
      key: "name",
      head: t("name"),
      value: (tag) => tag.name,
      cell: (tag) => (
        <span className={tag.enabled ? "" : "text-ink-2 line-through"}>
          <bdi className="font-semibold">{tag.name}</bdi>
          <bdi className="block font-mono text-xs break-all text-ink-2">{tag.metric}</bdi>
        </span>
      ),
    },
    { key: "machine", head: t("machine"), value: (tag) => tag.machineCode },
    { key: "meaning", head: t("meaning"), value: (tag) => meaning(tag.meaning) },
    { key: "value", head: t("liveValue"), align: "end", value: () => "", cell: (tag) => <Live tag={tag} /> },
    {
      key: "limits",
      head: t("limits"),
      value: (tag) => limitsText(locale, tag.low, tag.high),
      cell: (tag) => <bdi dir="ltr">{limitsText(locale, tag.low, tag.high)}</bdi>,
    },
    {
      key: "template",
      head: t("template"),
      value: (tag) => tag.template ?? "–",
      cell: (tag) =>
        tag.template === null ? (
          "–"
        ) : (
          <span>
            <bdi>{tag.template}</bdi>
            {tag.overrides.length > 0 && (
              <span className="block text-xs text-ink-2">
                {t("exceptions", {
                  list: tag.overrides.map((key) => (t.has(key) ? t(key) : key)).join(", "),
                })}
              </span>
            )}
          </span>
        ),
    },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (tag) => (
        <span className="flex gap-1">
          <Button size="small" onPress={() => setEditing(tag)}>
            {t("change")}
          </Button>
          <Button
            size="small"
            busy={change.busy}
            onPress={() =>
              void change.run({ enabled: !tag.enabled }, `/tags/${String(tag.id)}`).then(tags.reread)
            }
          >
            {t(tag.enabled ? "switchOff" : "switchOn")}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <section className="d-panel" aria-label={t("tagsTitle")}>
      <div className="flex flex-wrap items-center justify-between gap-2 p-4 pb-2">
        <h2 className="font-semibold">{t("tagsTitle")}</h2>
        <span className="flex flex-wrap gap-2">
          <ImportButton kinds={["tags"]} sourceId={source.id} onStored={tags.reread} />
          <TemplateTools source={source} machines={machines} tags={tags.data ?? []} onDone={tags.reread} />
        </span>
      </div>
      {tags.error !== null && <Notice kind="error" title={t("unread")} />}
      {change.state.phase === "wrong" && <Notice kind="error" title={wrong(change.state.error)} />}
      <DataTable
        name={`${source.code}-tags`}
        caption={t("tagsTitle")}
        columns={columns}
        rows={tags.data}
        rowKey={(tag) => String(tag.id)}
        loading={<Skeleton lines={5} label={t("loading")} />}
        empty={<p className="px-4 pb-4 text-ink-2">{t("noTags")}</p>}
      />
      {editing !== null && (
        <TagDialog
          sourceId={source.id}
          machines={machines}
          machineId={editing.machineId}
          of={editing}
          onClose={(saved) => {
            setEditing(null);
            if (saved !== null) tags.reread();
          }}
        />
      )}
    </section>
  );
}

function Live({ tag }: { tag: TagView }): ReactNode {
  const sample = useSample(
    tag.enabled ? tag.id : null,
    Math.max(3 * tag.expectedMs, tag.maxSilenceMs + 5000),
  );
  return (
    <span className="inline-flex flex-col items-start sm:items-end">
      <LiveValue sample={sample} unit={tag.unit} decimals={tag.decimals} />
      <ValueAge sample={sample} />
    </span>
  );
}
