"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { StepForm, wrongOf } from "#app/admin/setup/step-form.client.tsx";
import { formatBytes, formatNumber } from "#app/_lib/format.ts";
import { isolated } from "#app/_lib/i18n/isolate.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import { ShareBar } from "#app/_ui/share-bar.tsx";
import type { SpaceLimits, SpaceView } from "#server/execution/house/space.contract.ts";
import { Section } from "./section.tsx";

/** How full the data's disk is and how long it lasts, or that nobody can tell yet. */
export function SpaceSection(props: { space: SpaceView; onChanged: () => void }): ReactNode {
  const { space, onChanged } = props;
  const t = useTranslations("admin.house.space");
  const locale = useLocale();
  const [editing, setEditing] = useState(false);
  const { now, left, limits } = space;
  const bytes = (value: number) => formatBytes(locale, value);
  const growth = (perDay: number | null) =>
    perDay === null ? t("unknownGrowth") : t("perDay", isolated({ size: signed(bytes, perDay) }, locale));
  return (
    <Section title={t("title")} state={t(space.short ? "short" : "enough")} strong={space.short}>
      {now === null ? (
        <p className="text-ink-2">{t("unmeasured")}</p>
      ) : (
        <>
          <p className="text-lg">
            {left.kind === "days"
              ? t("lasts", { days: left.days })
              : left.kind === "steady"
                ? t("steady")
                : t("cannotTell", { days: space.days })}
          </p>
          <p className="pb-2 text-ink-2">
            {t(
              "free",
              isolated(
                {
                  free: bytes(now.freeBytes),
                  total: bytes(now.totalBytes),
                  percent: formatNumber(locale, (now.freeBytes / now.totalBytes) * 100),
                },
                locale,
              ),
            )}
          </p>
          <ShareBar
            label={t("bar")}
            parts={[
              part("database", t("database"), now.databaseBytes, "filled"),
              part("other", t("other"), now.totalBytes - now.freeBytes - now.databaseBytes, "half"),
              part("free", t("freeWord"), now.freeBytes, "open"),
            ]}
          />
          <dl className="grid grid-cols-[1fr_auto] gap-x-4 pt-3 text-sm">
            <dt className="text-ink-2">{t("diskGrowth")}</dt>
            <dd className="text-end tabular-nums">{growth(space.diskPerDay)}</dd>
            <dt className="text-ink-2">{t("databaseGrowth")}</dt>
            <dd className="text-end tabular-nums">{growth(space.databasePerDay)}</dd>
          </dl>
        </>
      )}
      <p className="pt-2 text-sm text-ink-2">
        {t("warns", { days: limits.days, percent: limits.freePercent })}
      </p>
      <div className="pt-3">
        <Button pressed={editing} onPress={() => setEditing(!editing)}>
          {t("change")}
        </Button>
      </div>
      {editing && (
        <LimitsForm
          limits={limits}
          onSaved={() => {
            setEditing(false);
            onChanged();
          }}
        />
      )}
    </Section>
  );

  function part(key: string, name: string, value: number, look: "filled" | "half" | "open") {
    return { key, name, value, text: bytes(value), look };
  }
}

const signed = (bytes: (value: number) => string, perDay: number): string =>
  `${perDay < 0 ? "−" : "+"}${bytes(Math.abs(perDay))}`;

function LimitsForm(props: { limits: SpaceLimits; onSaved: () => void }): ReactNode {
  const t = useTranslations("admin.house.space");
  const save = useCommand<object, unknown>("/house/space");
  const form = useForm({
    defaultValues: { days: String(props.limits.days), freePercent: String(props.limits.freePercent) },
  });
  const { errors } = form.formState;
  const between = (least: number, most: number) => (text: string) =>
    /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? true : t("range", { least, most });
  return (
    <div className="pt-4">
      <StepForm
        word={t("save")}
        busy={save.busy}
        wrong={wrongOf([save.state])}
        onSave={() =>
          void form.handleSubmit(async ({ days, freePercent }) => {
            if ((await save.run({ days: Number(days), freePercent: Number(freePercent) })) !== null)
              props.onSaved();
          })()
        }
      >
        <TextField
          inputMode="numeric"
          label={t("limitDays")}
          {...form.register("days", { validate: between(1, 365) })}
          problem={errors.days?.message}
        />
        <TextField
          inputMode="numeric"
          label={t("limitPercent")}
          {...form.register("freePercent", { validate: between(1, 50) })}
          problem={errors.freePercent?.message}
        />
      </StepForm>
    </div>
  );
}
