"use client";

import { usePathname, useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { read } from "#app/_lib/api.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { ActorName } from "#app/_ui/actor-name.tsx";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { SelectField } from "#app/_ui/desk/field.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { AuditVerdict, AuditView } from "#server/core/audit.contract.ts";

/** Who did what, when, to what, and why; and the proof that nobody changed the record. */
export function AuditTable(props: {
  initial: readonly AuditView[];
  machines: readonly { id: number; code: string; name: string }[];
  machine: string;
}): ReactNode {
  const t = useTranslations("admin.audit");
  const actions = useTranslations("auditAction");
  const router = useRouter();
  const here = usePathname();
  const { data, error } = useRecord<readonly AuditView[]>({
    path: `/audit?limit=200${props.machine === "" ? "" : `&machine=${props.machine}`}`,
    initial: props.initial,
    scopes: ["plant"],
    everyMs: 5000,
  });
  const action = (name: string) => {
    const key = name.replaceAll(".", "_");
    return actions.has(key) ? actions(key) : name;
  };
  const kind = (type: string) => {
    const key = `kind.${type}`;
    return t.has(key) ? t(key) : type;
  };
  const nameOf = (id: number | null) => props.machines.find((m) => m.id === id)?.name ?? "–";
  const columns: readonly Column<AuditView>[] = [
    { key: "at", head: t("at"), value: (r) => r.at, cell: (r) => <PlantTime at={r.at} day seconds /> },
    {
      key: "who",
      head: t("who"),
      value: (r) => r.actor.name,
      cell: (r) => (
        <span className="font-semibold">
          <ActorName actor={r.actor} />
        </span>
      ),
    },
    { key: "what", head: t("what"), value: (r) => action(r.action) },
    {
      key: "machine",
      head: t("machine"),
      value: (r) => nameOf(r.machineId),
      cell: (r) => <bdi>{nameOf(r.machineId)}</bdi>,
    },
    {
      key: "object",
      head: t("object"),
      value: (r) => `${r.objectType} ${r.objectId}`,
      cell: (r) => (
        <span className="text-ink-2">
          {kind(r.objectType)} <bdi>{r.objectId.slice(0, 8)}</bdi>
        </span>
      ),
    },
    {
      key: "reason",
      head: t("reason"),
      value: (r) => r.reason ?? "",
      cell: (r) => <bdi>{r.reason ?? "–"}</bdi>,
    },
    {
      key: "change",
      head: t("change"),
      value: (r) => JSON.stringify({ before: r.before, after: r.after }),
      cell: (r) => <Change row={r} />,
    },
  ];
  return (
    <section className="d-panel">
      <div className="flex flex-wrap items-end justify-between gap-3 p-4 pb-2">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <div className="flex flex-wrap items-end gap-3">
          <SelectField
            label={t("machine")}
            value={props.machine}
            onChange={(event) =>
              router.replace(event.target.value === "" ? here : `${here}?machine=${event.target.value}`)
            }
            options={[
              { value: "", label: t("all") },
              ...props.machines.map((m) => ({ value: String(m.id), label: m.name })),
            ]}
          />
          <Verify />
        </div>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <DataTable
        name="audit"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(r) => String(r.seq)}
        loading={<Skeleton lines={8} label={t("loading")} />}
        empty={<Notice kind="empty" title={t("none")} filling />}
      />
    </section>
  );
}

function Change(props: { row: AuditView }): ReactNode {
  const t = useTranslations("admin.audit");
  const { before, after } = props.row;
  if (before === null && after === null) return "–";
  return (
    <details>
      <summary className="d-link cursor-pointer">{t("show")}</summary>
      <pre dir="ltr" className="max-w-md overflow-x-auto text-xs">
        {JSON.stringify({ before, after }, null, 2)}
      </pre>
    </details>
  );
}

function Verify(): ReactNode {
  const t = useTranslations("admin.audit");
  const wrong = useErrorWords();
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    try {
      const verdict = await read<AuditVerdict>("/audit/verify");
      setSaid(
        verdict.firstBad === null
          ? t("whole", { rows: verdict.rows })
          : t("broken", { seq: verdict.firstBad }),
      );
    } catch (error) {
      setSaid(wrong(error as Error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <span className="flex items-center gap-2">
      <Button busy={busy} onPress={() => void verify()}>
        {t("verify")}
      </Button>
      <span role="status">{said}</span>
    </span>
  );
}
