"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { TextField } from "#app/_ui/desk/field.tsx";
import type { ToolView } from "#server/execution/tools/tools.contract.ts";

/** Empty = nobody says. */
const orNull = (text: string): number | null => (text.trim() === "" ? null : Number(text));

/** Adds a tool, or changes what is said of one; its serial stays. */
export function ToolDialog(props: { tool: ToolView | null; onClose: () => void }): ReactNode {
  const { tool, onClose } = props;
  const t = useTranslations("admin.tools");
  const command = useCommand<object, unknown>(tool === null ? "/tools" : `/tools/${tool.id}`);
  const form = useForm({
    defaultValues: {
      serial: "",
      name: tool?.name ?? "",
      cavities: String(tool?.cavities ?? ""),
      life: String(tool?.lifeCycles ?? ""),
      warn: String(Math.round((tool?.warnShare ?? 0.9) * 100)),
      start: String(tool?.startShots ?? 0),
      storage: "",
    },
  });
  const save = form.handleSubmit(async (fields) => {
    const said = {
      name: fields.name,
      cavities: orNull(fields.cavities),
      lifeCycles: orNull(fields.life),
      warnShare: Number(fields.warn) / 100,
      startShots: Number(fields.start),
    };
    const more = { serial: fields.serial, storage: fields.storage.trim() === "" ? null : fields.storage };
    if ((await command.run(tool === null ? { ...said, ...more } : said)) !== null) onClose();
  });
  const { errors } = form.formState;
  const needed = { required: t("required") };
  const whole =
    (from: number, to = 1e12) =>
    (text: string) =>
      text.trim() === "" ||
      (Number.isInteger(Number(text)) && Number(text) >= from && Number(text) <= to) ||
      t("wholeNumber");
  return (
    <FormDialog
      title={tool === null ? t("add") : t("change")}
      word={t(tool === null ? "addIt" : "save")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      {tool === null && (
        <TextField
          label={t("serial")}
          hint={t("serialHint")}
          {...form.register("serial", { ...needed, maxLength: 60 })}
          problem={errors.serial?.message}
        />
      )}
      <TextField
        label={t("name")}
        {...form.register("name", { ...needed, maxLength: 80 })}
        problem={errors.name?.message}
      />
      <TextField
        label={t("cavitiesAll")}
        hint={t("cavitiesHint")}
        inputMode="numeric"
        {...form.register("cavities", { validate: whole(1, 1000) })}
        problem={errors.cavities?.message}
      />
      <TextField
        label={t("lifeShots")}
        hint={t("lifeHint")}
        inputMode="numeric"
        {...form.register("life", { validate: whole(1) })}
        problem={errors.life?.message}
      />
      <TextField
        label={t("warnAt")}
        inputMode="numeric"
        {...form.register("warn", { ...needed, validate: whole(10, 100) })}
        problem={errors.warn?.message}
      />
      <TextField
        label={t("startShots")}
        hint={t("startHint")}
        inputMode="numeric"
        {...form.register("start", { ...needed, validate: whole(0) })}
        problem={errors.start?.message}
      />
      {tool === null && <TextField label={t("storage")} {...form.register("storage", { maxLength: 60 })} />}
    </FormDialog>
  );
}
