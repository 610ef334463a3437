"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { BadgeHistory, PersonView } from "#server/execution/people/people.contract.ts";

/** Every badge somebody had: given, taken back, or lost and replaced in one go. */
export function BadgesDialog(props: {
  person: PersonView;
  onChanged: () => void;
  onClose: () => void;
}): ReactNode {
  const { person } = props;
  const t = useTranslations("admin.people");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const one = `/people/${person.id}/badge`;
  const command = useCommand<object, unknown>(one);
  const [lost, setLost] = useState<string | null>(null);
  const form = useForm({ defaultValues: { badge: "" } });
  const send = async (input: object, path: string) => {
    if ((await command.run(input, path)) === null) return;
    form.reset();
    setLost(null);
    props.onChanged();
  };
  const save = form.handleSubmit(({ badge }) =>
    lost === null
      ? send({ badge }, one)
      : send({ badge: lost, ...(badge === "" ? {} : { newBadge: badge }) }, `${one}/lose`),
  );
  return (
    <Dialog
      open
      onOpenChange={(shown) => {
        if (!shown) props.onClose();
      }}
      title={`${t("badgeHistory")} · ${person.name}`}
      closeWord={app("close")}
    >
      {command.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(command.state.error)}
        </p>
      )}
      {person.badgeHistory.length === 0 && <Notice kind="empty" title={t("noBadges")} />}
      <ul className="flex flex-col divide-y divide-hairline">
        {person.badgeHistory.map((badge) => (
          <li
            key={`${badge.badge} ${String(badge.givenAt)}`}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2"
          >
            <bdi className={badge.takenAt === null ? "font-semibold" : "text-ink-2"}>{badge.badge}</bdi>
            <BadgeState badge={badge} />
            {badge.takenAt === null && (
              <span className="ms-auto flex gap-2">
                <Button size="small" onPress={() => setLost(badge.badge)} pressed={lost === badge.badge}>
                  {t("lost")}
                </Button>
                <Button
                  size="small"
                  busy={command.busy}
                  onPress={() => void send({ badge: badge.badge }, `${one}/take`)}
                >
                  {t("takeBack")}
                </Button>
              </span>
            )}
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
        {lost !== null && (
          <p className="sm:col-span-2">
            <span className="block font-semibold">{t("lostBadge", { badge: lost })}</span>
            <span className="text-ink-2">{t("lostText")}</span>
          </p>
        )}
        <TextField
          label={t(lost === null ? "badge" : "newBadgeOptional")}
          autoComplete="off"
          {...form.register("badge", lost === null ? { required: t("required") } : {})}
          problem={form.formState.errors.badge?.message}
        />
        <Button tone="primary" type="submit" busy={command.busy}>
          {t(lost === null ? "giveBadge" : "lostWord")}
        </Button>
        <p className="text-sm text-ink-2 sm:col-span-2">{t("badgeHint")}</p>
      </form>
    </Dialog>
  );
}

function BadgeState(props: { badge: BadgeHistory }): ReactNode {
  const { badge } = props;
  const t = useTranslations("admin.people");
  const word =
    badge.takenAt === null
      ? t("inUse")
      : badge.replacedBy === null
        ? t(badge.lost ? "wasLost" : "wasReturned")
        : t("replacedBy", { badge: badge.replacedBy });
  return (
    <span className="text-ink-2">
      {word} · <PlantTime at={badge.takenAt ?? badge.givenAt} day />
    </span>
  );
}
