"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { Choices } from "./choices.ts";

interface Named {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}

export function NameDialog(props: { product: Named; onClose: () => void }): ReactNode {
  const t = useTranslations("admin.products");
  const command = useCommand<object, unknown>(`/products/${props.product.id}`);
  const form = useForm({ defaultValues: { name: props.product.name } });
  const save = form.handleSubmit(async (fields) => {
    if ((await command.run(fields)) !== null) props.onClose();
  });
  return (
    <FormDialog
      title={t("rename")}
      text={t("renameText")}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <TextField
        label={t("name")}
        {...form.register("name", { required: t("required"), maxLength: 128 })}
        problem={form.formState.errors.name?.message}
      />
    </FormDialog>
  );
}

const parts = ["routing", "standards", "bill"] as const;

/** Takes over from another product what is chosen; it holds from now on, what this one has of its own stays. */
export function CopyDialog(props: {
  product: Named;
  products: Choices["products"];
  onClose: () => void;
}): ReactNode {
  const { product, onClose } = props;
  const t = useTranslations("admin.products");
  const others = props.products.filter(({ id }) => id !== product.id);
  const command = useCommand<object, unknown>(`/products/${product.id}/copy`);
  const form = useForm({
    defaultValues: { sourceId: others[0]?.id ?? "", what: [...parts] as string[] },
  });
  const save = form.handleSubmit(async (fields) => {
    if ((await command.run(fields)) !== null) onClose();
  });
  return (
    <FormDialog
      title={t("copyFrom")}
      text={t("copyText", { product: product.code })}
      word={t("copyIt")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      <SelectField
        label={t("copySource")}
        options={others.map(({ id, code, name }) => ({ value: id, label: `${code} ${name}` }))}
        {...form.register("sourceId")}
      />
      <fieldset>
        <legend className="text-sm font-semibold">{t("copyWhat")}</legend>
        {parts.map((part) => (
          <label key={part} className="flex items-center gap-1.5 pt-1">
            <input
              type="checkbox"
              value={part}
              className="size-4"
              {...form.register("what", { required: t("required") })}
            />
            {t(part)}
          </label>
        ))}
        {form.formState.errors.what !== undefined && (
          <p role="alert" className="text-sm font-semibold">
            {t("required")}
          </p>
        )}
      </fieldset>
    </FormDialog>
  );
}
