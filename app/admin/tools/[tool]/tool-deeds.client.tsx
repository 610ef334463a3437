"use client";

import { useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { fromLocalInput } from "#app/_lib/local-time.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { ToolPage } from "#server/execution/tools/tools.contract.ts";
import { SinceField, useSince } from "../../_dated/since-field.client.tsx";

interface Deed {
  readonly tool: ToolPage;
  readonly onClose: () => void;
}

function useAt(): (text: string) => { at?: number } {
  const zone = useTimeZone() ?? "UTC";
  return (text) => {
    const at = fromLocalInput(text, zone);
    return at === null ? {} : { at };
  };
}

export function MountDialog(
  props: Deed & { machines: readonly { readonly id: number; readonly name: string }[] },
): ReactNode {
  const { tool, machines, onClose } = props;
  const t = useTranslations("admin.tools");
  const at = useAt();
  const command = useCommand<object, unknown>(`/tools/${tool.id}/mount`);
  const form = useForm({ defaultValues: { machine: String(machines[0]?.id ?? ""), at: "" } });
  const save = form.handleSubmit(async (fields) => {
    if ((await command.run({ machineId: Number(fields.machine), ...at(fields.at) })) !== null) onClose();
  });
  return (
    <FormDialog
      title={t("mountTool", { tool: tool.serial })}
      text={t("mountText")}
      word={t("mount")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      <SelectField
        label={t("machine")}
        options={machines.map(({ id, name }) => ({ value: String(id), label: name }))}
        {...form.register("machine")}
      />
      <TextField label={t("at")} hint={t("atHint")} type="datetime-local" {...form.register("at")} />
    </FormDialog>
  );
}

export function StoreDialog(props: Deed): ReactNode {
  const { tool, onClose } = props;
  const t = useTranslations("admin.tools");
  const at = useAt();
  const command = useCommand<object, unknown>(`/tools/${tool.id}/store`);
  const form = useForm({ defaultValues: { storage: tool.storage ?? "", at: "" } });
  const save = form.handleSubmit(async (fields) => {
    if ((await command.run({ storage: fields.storage, ...at(fields.at) })) !== null) onClose();
  });
  return (
    <FormDialog
      title={t(tool.machine === null ? "layElsewhere" : "dismount")}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      <TextField
        label={t("storage")}
        {...form.register("storage", { required: t("required"), maxLength: 60 })}
        problem={form.formState.errors.storage?.message}
      />
      <TextField label={t("at")} hint={t("atHint")} type="datetime-local" {...form.register("at")} />
    </FormDialog>
  );
}

export function CavitiesDialog(props: Deed): ReactNode {
  const { tool, onClose } = props;
  const t = useTranslations("admin.tools");
  const since = useSince();
  const command = useCommand<object, unknown>(`/tools/${tool.id}/cavities`);
  const form = useForm({
    defaultValues: { open: String(tool.openCavities ?? tool.cavities ?? ""), from: "" },
  });
  const save = form.handleSubmit(async ({ open, from }) => {
    if ((await command.run({ open: Number(open), ...since(from) })) !== null) onClose();
  });
  return (
    <FormDialog
      title={t("setCavities")}
      text={t("cavitiesText")}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      <TextField
        label={t("openCavities")}
        inputMode="numeric"
        {...form.register("open", {
          required: t("required"),
          validate: (text) => (Number.isInteger(Number(text)) && Number(text) >= 0) || t("wholeNumber"),
        })}
        problem={form.formState.errors.open?.message}
      />
      <SinceField {...form.register("from")} />
    </FormDialog>
  );
}

export function MaintainDialog(props: Deed): ReactNode {
  const { tool, onClose } = props;
  const t = useTranslations("admin.tools");
  const at = useAt();
  const command = useCommand<object, unknown>(`/tools/${tool.id}/maintained`);
  const form = useForm({ defaultValues: { note: "", at: "" } });
  const save = form.handleSubmit(async ({ note, at: when }) => {
    const said = note.trim() === "" ? {} : { note };
    if ((await command.run({ ...said, ...at(when) })) !== null) onClose();
  });
  return (
    <FormDialog
      title={t("maintained")}
      text={t("maintainText")}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      <TextField label={t("note")} {...form.register("note", { maxLength: 300 })} />
      <TextField label={t("at")} hint={t("atHint")} type="datetime-local" {...form.register("at")} />
    </FormDialog>
  );
}
