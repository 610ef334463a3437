"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { StepForm, wrongOf } from "#app/admin/setup/step-form.client.tsx";
import { formatBytes } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Ago, PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { BackupRun, BackupView } from "#server/execution/house/backup.contract.ts";
import { Section } from "./section.tsx";

/** How old the last good backup is, why the newest failed, when the next is due; one button makes one now. */
export function BackupSection(props: { backup: BackupView; onChanged: () => void }): ReactNode {
  const { backup, onChanged } = props;
  const t = useTranslations("admin.house.backup");
  const words = useErrorWords();
  const [editing, setEditing] = useState(false);
  const ask = useCommand<object, { runId: string }>("/house/backup");
  const { lastGood, failed, plan, nextAt } = backup;
  const wrong = wrongOf([ask.state]);
  const state = stateOf(backup);
  return (
    <Section title={t("title")} state={t(`state.${state}`)} strong={state === "failed" || state === "old"}>
      <p className="text-lg">
        {lastGood === null ? t("none") : t.rich("last", { ago: () => <Ago at={lastGood.startedAt ?? 0} /> })}
      </p>
      {lastGood !== null && <Made run={lastGood} />}
      {failed !== null && (
        <Notice kind="error" title={t("failed")}>
          {t(`problem.${failed.problem ?? "other"}`)}{" "}
          {failed.folder !== null && <Path text={failed.folder} />}
        </Notice>
      )}
      <p className="pt-1 text-ink-2">
        {nextAt === null ? t("switchedOff") : t.rich("next", { at: () => <PlantTime at={nextAt} day /> })}{" "}
        {t("keeps", { count: plan.keep })}
      </p>
      <p className="text-sm text-ink-2">{t("noSecrets")}</p>
      {wrong !== null && (
        <p role="alert" className="font-semibold">
          {words(wrong)}
        </p>
      )}
      <div className="flex flex-wrap gap-2 pt-3">
        <Button
          tone="primary"
          busy={ask.busy}
          why={backup.busy ? t("underWay") : null}
          onPress={() => void ask.run({}).then(onChanged)}
        >
          {backup.busy ? t("making") : t("now")}
        </Button>
        <Button pressed={editing} onPress={() => setEditing(!editing)}>
          {t("change")}
        </Button>
      </div>
      {editing && (
        <PlanForm
          backup={backup}
          onSaved={() => {
            setEditing(false);
            onChanged();
          }}
        />
      )}
    </Section>
  );
}

function stateOf(backup: BackupView): "failed" | "old" | "off" | "none" | "fine" {
  if (backup.failed !== null) return "failed";
  if (backup.old) return "old";
  if (!backup.plan.enabled) return "off";
  return backup.lastGood === null ? "none" : "fine";
}

const Path = ({ text }: { text: string }): ReactNode => (
  <bdi dir="ltr" className="break-all">
    {text}
  </bdi>
);

function Made({ run }: { run: BackupRun }): ReactNode {
  const locale = useLocale();
  return (
    <p className="text-ink-2">
      <bdi>{formatBytes(locale, run.bytes ?? 0)}</bdi> · <Path text={run.folder ?? ""} />
    </p>
  );
}

function PlanForm(props: { backup: BackupView; onSaved: () => void }): ReactNode {
  const { plan, timeZone } = props.backup;
  const t = useTranslations("admin.house.backup");
  const save = useCommand<object, unknown>("/house/backup-plan");
  const form = useForm({
    defaultValues: {
      enabled: plan.enabled ? "yes" : "no",
      at: plan.at,
      keep: String(plan.keep),
      folder: plan.folder ?? "",
    },
  });
  const { errors } = form.formState;
  return (
    <div className="pt-4">
      <StepForm
        word={t("save")}
        busy={save.busy}
        wrong={wrongOf([save.state])}
        onSave={() =>
          void form.handleSubmit(async ({ enabled, at, keep, folder }) => {
            const given = folder.trim() === "" ? null : folder.trim();
            const next = { enabled: enabled === "yes", at, keep: Number(keep), folder: given };
            if ((await save.run(next)) !== null) props.onSaved();
          })()
        }
      >
        <SelectField
          label={t("every")}
          options={[
            { value: "yes", label: t("nightly") },
            { value: "no", label: t("never") },
          ]}
          {...form.register("enabled")}
        />
        <TextField
          type="time"
          label={t("at")}
          hint={timeZone}
          {...form.register("at", { required: t("needed") })}
          problem={errors.at?.message}
        />
        <TextField
          inputMode="numeric"
          label={t("keep")}
          {...form.register("keep", {
            validate: (text) => (/^([1-9]|[1-8]\d|90)$/.test(text) ? true : t("keepRange")),
          })}
          problem={errors.keep?.message}
        />
        <TextField
          dir="ltr"
          label={t("folder")}
          hint={t("folderHint")}
          {...form.register("folder", {
            validate: (text) => (/^\s*($|\/|[A-Za-z]:[\\/])/.test(text) ? true : t("folderAbsolute")),
          })}
          problem={errors.folder?.message}
        />
      </StepForm>
    </div>
  );
}
