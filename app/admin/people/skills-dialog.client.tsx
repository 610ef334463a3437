"use client";

import { useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { toLocalInput } from "#app/_lib/local-time.ts";
import { formatRange } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useNow } from "#app/_live/now.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { PersonView } from "#server/execution/people/people.contract.ts";
import type { PersonSkill, SkillView } from "#server/execution/people/skills.contract.ts";
import { daysLeft, skillOfField, skillState } from "#server/execution/people/skills.rules.ts";
import { History } from "../_history/history.client.tsx";

const hour = 3_600_000;

/** Today on the plant's calendar. */
export function useToday(): string {
  const zone = useTimeZone() ?? "UTC";
  return toLocalInput(useNow(hour), zone).slice(0, 10);
}

/** How long a skill still counts; what runs out or is over stands out by its weight. */
export function SkillDays(props: { skill: Pick<PersonSkill, "expiresOn"> }): ReactNode {
  const t = useTranslations("admin.people");
  const today = useToday();
  const { expiresOn } = props.skill;
  if (expiresOn === null) return <span className="text-ink-2">{t("skillForGood")}</span>;
  const state = skillState(expiresOn, today);
  if (state === "over") return <span className="font-semibold">{t("skillOver", { day: expiresOn })}</span>;
  return (
    <span className={state === "soon" ? "font-semibold" : "text-ink-2"}>
      {t("skillDays", { days: daysLeft(expiresOn, today) })}
    </span>
  );
}

/** What somebody can do, and until when: given, said anew, taken back. */
export function SkillsDialog(props: {
  person: PersonView;
  skills: readonly SkillView[];
  onChanged: () => void;
  onClose: () => void;
}): ReactNode {
  const { person } = props;
  const t = useTranslations("admin.people");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const open = props.skills.filter(({ active }) => active);
  const give = useCommand<object, unknown>(`/people/${person.id}/skill`);
  const take = useCommand<object, unknown>(`/people/${person.id}/skill/take`);
  const form = useForm({ defaultValues: { skill: String(open[0]?.id ?? ""), expiresOn: "" } });
  const save = form.handleSubmit(async ({ skill, expiresOn }) => {
    const input = { skillId: Number(skill), expiresOn: expiresOn === "" ? null : expiresOn };
    if ((await give.run(input)) !== null) props.onChanged();
  });
  const bad = [give.state, take.state].find(({ phase }) => phase === "wrong");
  return (
    <Dialog
      open
      onOpenChange={(shown) => {
        if (!shown) props.onClose();
      }}
      title={`${t("skills")} · ${person.name}`}
      closeWord={app("close")}
    >
      {bad?.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(bad.error)}
        </p>
      )}
      {person.skills.length === 0 && <Notice kind="empty" title={t("noSkills")} />}
      <ul className="flex flex-col divide-y divide-hairline">
        {person.skills.map((skill) => (
          <li key={skill.skillId} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
            <bdi className="font-semibold">{skill.name}</bdi>
            <SkillDays skill={skill} />
            <Button
              size="small"
              className="ms-auto"
              busy={take.busy}
              label={t("takeBackSkill", { skill: skill.name })}
              onPress={() => void take.run({ skillId: skill.skillId }).then(props.onChanged)}
            >
              {t("takeBack")}
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="grid items-end gap-3 border-t border-hairline pt-3 sm:grid-cols-[1fr_1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <SelectField
          label={t("skill")}
          options={open.map(({ id, name }) => ({ value: String(id), label: name }))}
          {...form.register("skill")}
        />
        <TextField label={t("expiresOn")} type="date" {...form.register("expiresOn")} />
        <Button
          tone="primary"
          type="submit"
          busy={give.busy}
          why={open.length === 0 ? t("skillFirst") : null}
        >
          {t("give")}
        </Button>
        <p className="text-sm text-ink-2 sm:col-span-3">{t("expiresHint")}</p>
      </form>
      <History
        objectType="person"
        objectId={person.id}
        onUndone={props.onChanged}
        nameField={(field) => {
          const id = skillOfField(field);
          return id === null ? undefined : props.skills.find((one) => one.id === id)?.name;
        }}
        say={(field, value) => {
          if (skillOfField(field) === null || value === null || typeof value !== "object") return undefined;
          const { since, expiresOn } = value as { since: string; expiresOn: string | null };
          return formatRange(since, expiresOn ?? t("skillForGood"));
        }}
      />
    </Dialog>
  );
}

/** The plant's closed list of skills. */
export function SkillListDialog(props: {
  skills: readonly SkillView[];
  codeOf: (name: string) => string;
  onChanged: () => void;
  onClose: () => void;
}): ReactNode {
  const t = useTranslations("admin.people");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const add = useCommand<object, unknown>("/skills");
  const change = useCommand<object, unknown>("/skills");
  const form = useForm({ defaultValues: { name: "" } });
  const save = form.handleSubmit(async ({ name }) => {
    if ((await add.run({ name, code: props.codeOf(name) })) === null) return;
    form.reset();
    props.onChanged();
  });
  const bad = [add.state, change.state].find(({ phase }) => phase === "wrong");
  return (
    <Dialog
      open
      onOpenChange={(shown) => {
        if (!shown) props.onClose();
      }}
      title={t("skillList")}
      closeWord={app("close")}
    >
      <p className="text-ink-2">{t("skillListText")}</p>
      {bad?.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(bad.error)}
        </p>
      )}
      <ul className="flex flex-col divide-y divide-hairline">
        {props.skills.map(({ id, name, active }) => (
          <li key={id} className="flex items-center gap-3 py-2">
            <bdi className={active ? "font-semibold" : "text-ink-2"}>{name}</bdi>
            {!active && <span className="d-chip">{t("away")}</span>}
            <Button
              size="small"
              className="ms-auto"
              busy={change.busy}
              onPress={() =>
                void change.run({ active: !active }, `/skills/${String(id)}`).then(props.onChanged)
              }
            >
              {t(active ? "skillAway" : "skillBack")}
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="grid items-end gap-3 border-t border-hairline pt-3 sm:grid-cols-[1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField
          label={t("skillName")}
          {...form.register("name", { required: t("required"), maxLength: 80 })}
          problem={form.formState.errors.name?.message}
        />
        <Button tone="primary" type="submit" busy={add.busy}>
          {t("addSkill")}
        </Button>
      </form>
    </Dialog>
  );
}
