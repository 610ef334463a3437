"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { StepForm, wrongOf } from "#app/admin/setup/step-form.client.tsx";
import { formatNumber } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { Retention, RetentionView } from "#server/execution/house/retention.contract.ts";
import { Section } from "./section.tsx";

const kinds = [
  ["processDays", 7],
  ["stateDays", 7],
  ["energyDays", 7],
  ["rollup10sDays", 1],
  ["rollup1mDays", 7],
  ["deadLetterDays", 30],
  ["edgeEventDays", 30],
] as const satisfies readonly (readonly [keyof Retention, number])[];

/** How long what is kept, what still holds old readings back, and what is never deleted. */
export function RetentionSection(props: { retention: RetentionView; onChanged: () => void }): ReactNode {
  const { retention, onChanged } = props;
  const t = useTranslations("admin.house.retention");
  const locale = useLocale();
  const [editing, setEditing] = useState(false);
  return (
    <Section title={t("title")}>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1">
        {kinds.map(([kind]) => (
          <div key={kind} className="contents">
            <dt className="text-ink-2">{t(`kind.${kind}`)}</dt>
            <dd className="text-end tabular-nums">{t("days", { days: retention.setting[kind] })}</dd>
          </div>
        ))}
        <dt className="text-ink-2">{t("forever")}</dt>
        <dd className="text-end">{t("never")}</dd>
      </dl>
      {retention.oldestDay !== null && (
        <p className="pt-2 text-sm text-ink-2">
          {t("oldest", {
            day: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(
              Date.parse(retention.oldestDay),
            ),
          })}
        </p>
      )}
      {retention.held.map(({ what, since }) => (
        <p key={what} className="pt-2 text-sm font-semibold">
          {t.rich(what === "shift" ? "heldByShift" : "heldByReader", {
            what,
            since: () => <PlantTime at={since} day />,
          })}
        </p>
      ))}
      <p className="pt-2 text-sm text-ink-2">{t("late")}</p>
      <div className="pt-3">
        <Button pressed={editing} onPress={() => setEditing(!editing)}>
          {t("change")}
        </Button>
      </div>
      {editing && (
        <RetentionForm
          setting={retention.setting}
          onSaved={() => {
            setEditing(false);
            onChanged();
          }}
        />
      )}
    </Section>
  );
}

function RetentionForm(props: { setting: Retention; onSaved: () => void }): ReactNode {
  const locale = useLocale();
  const t = useTranslations("admin.house.retention");
  const save = useCommand<object, unknown>("/house/retention");
  const form = useForm<Record<keyof Retention, string>>({
    defaultValues: Object.fromEntries(kinds.map(([kind]) => [kind, String(props.setting[kind])])),
  });
  const { errors } = form.formState;
  return (
    <div className="pt-4">
      <StepForm
        word={t("save")}
        busy={save.busy}
        wrong={wrongOf([save.state])}
        onSave={() =>
          void form.handleSubmit(async (fields) => {
            const next = Object.fromEntries(kinds.map(([kind]) => [kind, Number(fields[kind])]));
            if ((await save.run(next)) !== null) props.onSaved();
          })()
        }
      >
        {kinds.map(([kind, least]) => (
          <TextField
            key={kind}
            inputMode="numeric"
            label={t(`kind.${kind}`)}
            {...form.register(kind, {
              validate: (text) =>
                /^\d+$/.test(text) && Number(text) >= least && Number(text) <= 3660
                  ? true
                  : t("range", { least, most: formatNumber(locale, 3660) }),
            })}
            problem={errors[kind]?.message}
          />
        ))}
      </StepForm>
      <p className="pt-2 text-sm text-ink-2">{t("deletes")}</p>
    </div>
  );
}
