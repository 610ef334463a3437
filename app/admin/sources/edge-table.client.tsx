"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { formatBytes, formatSpan } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { EdgeView, EnrolmentCodeView } from "#server/execution/sources/sources.contract.ts";
import { EnrolmentCode } from "./enrolment-code.client.tsx";

/** The boxes beside the machines: whether they deliver, and what waits on their disks. */
export function EdgeTable(): ReactNode {
  const t = useTranslations("admin.sources");
  const locale = useLocale();
  const wrong = useErrorWords();
  const { data, error, reread } = useRecord<readonly EdgeView[]>({
    path: "/edges",
    scopes: ["plant"],
    everyMs: 5000,
  });
  const command = useCommand<object, EnrolmentCodeView>("/edges");
  const [code, setCode] = useState<EnrolmentCodeView | null>(null);
  const form = useForm({ defaultValues: { code: "", name: "" } });
  const columns: readonly Column<EdgeView>[] = [
    {
      key: "name",
      head: t("edge"),
      value: (e) => e.code,
      cell: (e) => (
        <span>
          <bdi className="font-semibold">{e.code}</bdi> <bdi className="text-ink-2">{e.name}</bdi>
        </span>
      ),
    },
    {
      key: "online",
      head: t("how"),
      value: (e) => t(e.online ? "edgeOnline" : "edgeAway"),
      cell: (e) => (
        <span>
          {t(e.online ? "edgeOnline" : "edgeAway")}
          {!e.online && e.lastSeenAt !== null && (
            <span className="text-ink-2">
              {" "}
              · <Ago at={e.lastSeenAt} />
            </span>
          )}
          {e.storing === false && <strong> · {t("notStoring")}</strong>}
        </span>
      ),
    },
    { key: "version", head: t("version"), value: (e) => e.version ?? "–" },
    {
      key: "backlog",
      head: t("backlog"),
      align: "end",
      value: (e) => e.backlog,
      cell: (e) =>
        e.backlog === null
          ? "–"
          : `${String(e.backlog)}${e.backlogMs === null ? "" : ` · ${formatSpan(locale, e.backlogMs)}`}`,
    },
    {
      key: "queue",
      head: t("queue"),
      align: "end",
      value: (e) => e.queueBytes,
      cell: (e) => (e.queueBytes === null ? "–" : formatBytes(locale, e.queueBytes)),
    },
    { key: "gaps", head: t("gaps"), align: "end", value: (e) => e.gaps ?? "–" },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (e) => (
        <span className="flex gap-1">
          <Button
            size="small"
            busy={command.busy}
            onPress={() => void command.run({}, `/edges/${String(e.id)}/code`).then(setCode)}
          >
            {t("newCode")}
          </Button>
          <Button
            size="small"
            busy={command.busy}
            onPress={() => void command.run({}, `/edges/${String(e.id)}/revoke`).then(reread)}
          >
            {t("revoke")}
          </Button>
        </span>
      ),
    },
  ];
  const add = form.handleSubmit(async (fields) => {
    const made = await command.run(fields);
    if (made === null) return;
    form.reset();
    setCode(made);
    reread();
  });
  return (
    <>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {command.state.phase === "wrong" && <Notice kind="error" title={wrong(command.state.error)} />}
      <DataTable
        name="edges"
        caption={t("tab.edges")}
        columns={columns}
        rows={data}
        rowKey={(e) => String(e.id)}
        loading={<Skeleton lines={3} label={t("loading")} />}
        empty={<Notice kind="empty" title={t("noEdge")} filling />}
      />
      <form
        className="flex flex-wrap items-end gap-3 border-t border-hairline p-4"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <TextField label={t("edgeCode")} {...form.register("code", { required: true })} />
        <TextField label={t("edgeName")} {...form.register("name", { required: true })} />
        <Button type="submit" busy={command.busy}>
          {t("addEdge")}
        </Button>
      </form>
      {code !== null && <EnrolmentCode code={code} kind="edge" onClose={() => setCode(null)} />}
    </>
  );
}
