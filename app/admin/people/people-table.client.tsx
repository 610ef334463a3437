"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type { PersonView } from "#server/execution/people/people.contract.ts";
import { PersonDialog } from "./person-dialog.client.tsx";

/** Everybody, what they may do and how they sign on. Badges are shown: they say who somebody is, they prove nothing. */
export function PeopleTable(props: { initial: readonly PersonView[] }): ReactNode {
  const t = useTranslations("admin.people");
  const roles = useTranslations("role");
  const { data, error, reread } = useRecord<readonly PersonView[]>({
    path: "/people",
    initial: props.initial,
    scopes: ["plant"],
    topics: ["person."],
  });
  const [open, setOpen] = useState<PersonView | "new" | null>(null);
  const columns: readonly Column<PersonView>[] = [
    {
      key: "name",
      head: t("name"),
      value: (p) => p.name,
      cell: (p) => (
        <button type="button" className="d-link font-semibold" onClick={() => setOpen(p)}>
          <bdi>{p.name}</bdi>
        </button>
      ),
    },
    { key: "code", head: t("code"), value: (p) => p.code },
    { key: "roles", head: t("roles"), value: (p) => p.roles.map((role) => roles(role)).join(", ") },
    { key: "language", head: t("language"), value: (p) => p.language },
    { key: "badges", head: t("badges"), value: (p) => p.badges.join(", ") || "–" },
    {
      key: "signs",
      head: t("signs"),
      value: (p) =>
        [p.hasPin ? t("pin") : null, p.hasPassword ? t("password") : null].filter(Boolean).join(", ") || "–",
    },
    { key: "active", head: t("active"), value: (p) => t(p.active ? "yes" : "no") },
  ];
  return (
    <section className="d-panel">
      <div className="flex items-center justify-between gap-3 p-4 pb-2">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <Button tone="primary" onPress={() => setOpen("new")}>
          {t("add")}
        </Button>
      </div>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <DataTable
        name="people"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(p) => p.id}
        loading={<Skeleton lines={6} label={t("loading")} />}
        empty={<Notice kind="empty" title={t("none")} filling />}
      />
      {open !== null && (
        <PersonDialog
          person={open === "new" ? null : open}
          onClose={() => {
            setOpen(null);
            reread();
          }}
        />
      )}
    </section>
  );
}
