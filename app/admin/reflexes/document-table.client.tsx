"use client";

import { CircleCheck, CircleX, Clock, Unplug } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { Ago } from "#app/_ui/relative-time.client.tsx";
import type { EdgeDocumentView, ReflexView } from "#server/execution/reflexes/reflexes.contract.ts";
import { useReflexWords } from "./reflex-words.client.ts";

/** What each edge was told, under signature, and whether it works by it. */
export function DocumentTable(props: { reflexes: readonly ReflexView[] }): ReactNode {
  const t = useTranslations("admin.reflexes");
  const { data, error } = useRecord<readonly EdgeDocumentView[]>({
    path: "/edge-documents",
    scopes: ["plant"],
    topics: ["tags."],
    everyMs: 5000,
  });
  const columns: readonly Column<EdgeDocumentView>[] = [
    {
      key: "edge",
      head: t("edge"),
      value: (d) => d.edgeName,
      cell: (d) => (
        <span className="flex flex-col">
          <bdi className="font-semibold">{d.edgeName}</bdi>
          <bdi className="text-sm text-ink-2">{d.edgeCode}</bdi>
        </span>
      ),
    },
    { key: "version", head: t("version"), align: "end", value: (d) => d.document?.version ?? null },
    {
      key: "signed",
      head: t("signed"),
      value: (d) => d.document?.issuedAt ?? null,
      cell: (d) => (d.document === null ? "–" : <Ago at={d.document.issuedAt} />),
    },
    {
      key: "signature",
      head: t("signature"),
      value: (d) => (d.document === null ? "" : t(d.document.confirmed ? "confirmed" : "forged")),
      cell: (d) => <Signature view={d} />,
    },
    { key: "held", head: t("held"), value: (d) => d.held, cell: (d) => <Held view={d} /> },
    {
      key: "holds",
      head: t("holds"),
      value: (d) => d.document?.reflexes.length ?? null,
      cell: (d) => <Signed view={d} reflexes={props.reflexes} />,
    },
  ];
  return (
    <section className="d-panel">
      <header className="p-4 pb-2">
        <h2 className="text-base font-semibold">{t("documents")}</h2>
        <p className="text-ink-2">{t("documentsText")}</p>
      </header>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <DataTable
        name="edge-documents"
        caption={t("documents")}
        columns={columns}
        rows={data}
        rowKey={(d) => String(d.edgeId)}
        loading={<Skeleton lines={2} label={t("loading")} />}
        empty={<Notice kind="empty" title={t("noEdge")} />}
      />
    </section>
  );
}

function Signature({ view: { document } }: { view: EdgeDocumentView }): ReactNode {
  const t = useTranslations("admin.reflexes");
  if (document === null) return "–";
  const Mark = document.confirmed ? CircleCheck : CircleX;
  return (
    <span className="flex max-w-56 min-w-0 flex-col">
      <span className="inline-flex items-center gap-1.5">
        <Mark className="size-4 flex-none" aria-hidden="true" />
        <span className={document.confirmed ? "" : "font-semibold"}>
          {t(document.confirmed ? "confirmed" : "forged")}
        </span>
      </span>
      <span className="truncate font-mono text-xs text-ink-2" dir="ltr" title={document.signature}>
        {document.signature}
      </span>
    </span>
  );
}

function Held({ view: { document, held } }: { view: EdgeDocumentView }): ReactNode {
  const t = useTranslations("admin.reflexes");
  const has = document !== null && held === document.version;
  const [Mark, words] =
    held === null
      ? ([Unplug, t("edgeAway")] as const)
      : has
        ? ([CircleCheck, t("edgeHas")] as const)
        : ([Clock, t("edgeHasOld", { version: held })] as const);
  return (
    <span className="inline-flex items-center gap-1.5">
      <Mark className="size-4 flex-none" aria-hidden="true" />
      <span className={has ? "" : "font-semibold"}>{words}</span>
    </span>
  );
}

/** The reflexes as they stand in the document, not as they stand in the table above. */
function Signed(props: { view: EdgeDocumentView; reflexes: readonly ReflexView[] }): ReactNode {
  const t = useTranslations("admin.reflexes");
  const words = useReflexWords();
  const { document } = props.view;
  if (document === null) return t("never");
  if (document.reflexes.length === 0) return t("count", { count: 0 });
  const sorted = document.reflexes.toSorted((a, b) => a.machineId - b.machineId || a.tagId - b.tagId);
  return (
    <details>
      <summary className="cursor-pointer">{t("count", { count: document.reflexes.length })}</summary>
      <ul className="mt-1 flex max-w-96 list-disc flex-col gap-1 ps-5 text-sm">
        {sorted.map((signed) => {
          const known = props.reflexes.find(({ id }) => id === signed.id);
          const tag = known?.tagId === signed.tagId ? known.tagName : t("tagNumber", { id: signed.tagId });
          return (
            <li key={signed.id}>
              <bdi>{known?.machineName ?? signed.machineId}</bdi>
              {": "}
              {words.when(tag, known?.unit ?? null, signed.condition)}
              {" › "}
              {t(`action.${signed.action}`)} (v{signed.version})
            </li>
          );
        })}
      </ul>
    </details>
  );
}
