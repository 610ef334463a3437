"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import { ImportButton } from "#app/admin/_import/import-dialog.client.tsx";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { codeOf } from "#server/core/code-of.rules.ts";
import type { SkillView } from "#server/execution/people/skills.contract.ts";
import type { PersonView } from "#server/execution/people/people.contract.ts";
import { BadgesDialog } from "./badges-dialog.client.tsx";
import { SkillDays, SkillListDialog, SkillsDialog } from "./skills-dialog.client.tsx";
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
  const skills = useRecord<readonly SkillView[]>({ path: "/skills", scopes: ["plant"], topics: ["skill."] });
  const [shown, setShown] = useState<{ what: "badges" | "skills"; id: string } | "list" | null>(null);
  const person = typeof shown === "object" ? data?.find(({ id }) => id === shown?.id) : undefined;
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
    {
      key: "badges",
      head: t("badges"),
      value: (p) => p.badges.join(", "),
      cell: (p) => (
        <button type="button" className="d-link" onClick={() => setShown({ what: "badges", id: p.id })}>
          <bdi>{p.badges.join(", ") || t("noBadges")}</bdi>
        </button>
      ),
    },
    {
      key: "skills",
      head: t("skills"),
      value: (p) => p.skills.map(({ name }) => name).join(", "),
      cell: (p) => (
        <div>
          {p.skills.map((skill) => (
            <span key={skill.skillId} className="block">
              <bdi>{skill.name}</bdi> <SkillDays skill={skill} />
            </span>
          ))}
          <button type="button" className="d-link" onClick={() => setShown({ what: "skills", id: p.id })}>
            {t(p.skills.length === 0 ? "giveSkill" : "changeSkills")}
          </button>
        </div>
      ),
    },
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
        <div className="flex flex-wrap justify-end gap-2">
          {(["people", "skills"] as const).map((kind) => (
            <ImportButton key={kind} kind={kind} named onStored={reread} />
          ))}
          <Button onPress={() => setShown("list")}>{t("skillList")}</Button>
          <Button tone="primary" onPress={() => setOpen("new")}>
            {t("add")}
          </Button>
        </div>
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
      {shown === "list" && (
        <SkillListDialog
          skills={skills.data ?? []}
          codeOf={(name) =>
            codeOf(
              name,
              "skill",
              (skills.data ?? []).map(({ code }) => code),
            )
          }
          onChanged={skills.reread}
          onClose={() => setShown(null)}
        />
      )}
      {person !== undefined && typeof shown === "object" && shown?.what === "skills" && (
        <SkillsDialog
          key={person.skills.length}
          person={person}
          skills={skills.data ?? []}
          onChanged={reread}
          onClose={() => setShown(null)}
        />
      )}
      {person !== undefined && typeof shown === "object" && shown?.what === "badges" && (
        <BadgesDialog person={person} onChanged={reread} onClose={() => setShown(null)} />
      )}
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
