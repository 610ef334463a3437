"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { MaterialView } from "#server/execution/materials/materials.contract.ts";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import type { ProductName } from "./materials-page.client.tsx";

/** A material the plant did not know yet. */
export function MaterialDialog(props: { onClose: () => void }): ReactNode {
  const t = useTranslations("materials");
  const command = useCommand<object, unknown>("/materials");
  const form = useForm({ defaultValues: { code: "", name: "", unit: "kg" } });
  const save = form.handleSubmit(async (fields) => {
    if ((await command.run(fields)) !== null) props.onClose();
  });
  const { errors } = form.formState;
  const required = { required: t("required") };
  return (
    <FormDialog
      title={t("newMaterial")}
      word={t("addIt")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <TextField label={t("code")} {...form.register("code", required)} problem={errors.code?.message} />
      <TextField label={t("name")} {...form.register("name", required)} problem={errors.name?.message} />
      <TextField label={t("unit")} {...form.register("unit", required)} problem={errors.unit?.message} />
    </FormDialog>
  );
}

/** What one part of a product needs of a material: from it, what a job used of its lots is worked out. */
export function BillDialog(props: {
  materials: readonly MaterialView[];
  products: readonly ProductName[];
  onClose: () => void;
}): ReactNode {
  const t = useTranslations("materials");
  const command = useCommand<object, unknown>("/products");
  const form = useForm({
    defaultValues: {
      productId: props.products[0]?.id ?? "",
      materialId: props.materials[0]?.id ?? "",
      perPart: "",
    },
  });
  const save = form.handleSubmit(async ({ productId, materialId, perPart }) => {
    const input = { materialId, perPart: Number(perPart.replace(",", ".")) };
    if ((await command.run(input, `/products/${productId}/bill`)) !== null) props.onClose();
  });
  return (
    <FormDialog
      title={t("bill")}
      word={t("saveIt")}
      text={t("billText")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <SelectField
        label={t("product")}
        options={props.products.map((one) => ({ value: one.id, label: `${one.code} ${one.name}` }))}
        {...form.register("productId")}
      />
      <SelectField
        label={t("material")}
        options={props.materials.map((one) => ({
          value: one.id,
          label: `${one.code} ${one.name} (${one.unit})`,
        }))}
        {...form.register("materialId")}
      />
      <TextField
        label={t("perPart")}
        hint={t("perPartHint")}
        inputMode="decimal"
        {...form.register("perPart", {
          required: t("required"),
          validate: (text) => Number(text.replace(",", ".")) >= 0 || t("aboveNought"),
        })}
        problem={form.formState.errors.perPart?.message}
      />
    </FormDialog>
  );
}
