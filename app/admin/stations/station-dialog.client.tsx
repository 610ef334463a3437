"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { languageNames, languages } from "#app/_lib/i18n/languages.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { StationCodeView } from "#server/execution/people/stations.contract.ts";

interface Fields {
  readonly name: string;
  readonly machines: string[];
  readonly language: string;
  readonly theme: "light" | "dark";
  /** Diagonal of the screen in inches and its width in pixels: together the size of a millimetre. */
  readonly inches: string;
  readonly size: string;
}

const sizes = ["1920x1080", "1280x800", "390x844"] as const;

/** Millimetres of one CSS pixel from a diagonal in inches; null where nothing was given. */
function mmPerPx(inches: string, size: string): number | null {
  const [width, height] = size.split("x").map(Number);
  const diagonal = Number(inches.replace(",", "."));
  if (width === undefined || height === undefined || !Number.isFinite(diagonal) || diagonal <= 0) return null;
  return (diagonal * 25.4) / Math.hypot(width, height);
}

/** Makes a station for one or more machines; the answer is its one-time code. */
export function StationDialog(props: {
  machines: readonly { id: number; code: string; name: string }[];
  onClose: (made: StationCodeView | null) => void;
}): ReactNode {
  const t = useTranslations("admin.stations");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const command = useCommand<object, StationCodeView>("/stations");
  const form = useForm<Fields>({
    defaultValues: { name: "", machines: [], language: "en", theme: "light", inches: "21.5", size: sizes[0] },
  });
  const save = form.handleSubmit(async ({ name, machines, language, theme, inches, size }) => {
    const made = await command.run({
      name,
      machineIds: machines.map(Number),
      language,
      theme,
      mmPerPx: mmPerPx(inches, size),
    });
    if (made !== null) props.onClose(made);
  });
  const { errors } = form.formState;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) props.onClose(null);
      }}
      title={t("add")}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={() => props.onClose(null)}>{app("cancel")}</Button>
          <Button tone="primary" busy={command.busy} onPress={() => void save()}>
            {t("make")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {command.state.phase === "wrong" && (
          <p role="alert" className="font-semibold">
            {wrong(command.state.error)}
          </p>
        )}
        <TextField
          label={t("name")}
          {...form.register("name", { required: t("required"), maxLength: 128 })}
          problem={errors.name?.message}
        />
        <fieldset>
          <legend className="text-sm font-semibold">{t("machines")}</legend>
          <div className="flex flex-wrap gap-x-4 gap-y-1 pt-1">
            {props.machines.map((machine) => (
              <label key={machine.id} className="flex items-center gap-1.5">
                <input
                  type="checkbox"
                  value={String(machine.id)}
                  className="size-4"
                  {...form.register("machines", { required: t("required") })}
                />
                <bdi>{machine.name}</bdi>
              </label>
            ))}
          </div>
          {errors.machines !== undefined && <p role="alert">{t("required")}</p>}
        </fieldset>
        <SelectField
          label={t("language")}
          options={languages.map((l) => ({ value: l, label: languageNames[l] }))}
          {...form.register("language")}
        />
        <SelectField
          label={app("theme")}
          options={(["light", "dark"] as const).map((theme) => ({ value: theme, label: app(theme) }))}
          {...form.register("theme")}
        />
        <TextField
          label={t("inches")}
          hint={t("inchesHint")}
          inputMode="decimal"
          {...form.register("inches")}
        />
        <SelectField
          label={t("size")}
          options={sizes.map((size) => ({ value: size, label: size.replace("x", " × ") }))}
          {...form.register("size")}
        />
      </form>
    </Dialog>
  );
}
