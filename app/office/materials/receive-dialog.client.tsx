"use client";

import { useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { fromLocalInput } from "#app/_lib/local-time.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { MaterialView } from "#server/execution/materials/materials.contract.ts";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import type { ProductName } from "./materials-page.client.tsx";

/** What was left empty is not sent. */
const ifGiven = (name: string, text: string) => (text.trim() === "" ? {} : { [name]: text.trim() });

/** Books goods that came in. */
export function ReceiveDialog(props: {
  materials: readonly MaterialView[];
  products: readonly ProductName[];
  onClose: () => void;
}): ReactNode {
  const t = useTranslations("materials");
  const zone = useTimeZone() ?? "UTC";
  const command = useCommand<object, unknown>("/lots");
  const options = [
    ...props.materials.map((one) => ({ value: `m ${one.id}`, label: `${one.code} ${one.name}` })),
    ...props.products.map((one) => ({ value: `p ${one.id}`, label: `${one.code} ${one.name}` })),
  ];
  const form = useForm({
    defaultValues: {
      what: options[0]?.value ?? "",
      code: "",
      quantity: "",
      supplierLot: "",
      receivedAt: "",
      expiresOn: "",
      location: "",
    },
  });
  const what = useWatch({ control: form.control, name: "what" });
  const unit = props.materials.find((one) => what === `m ${one.id}`)?.unit ?? t("pieces");
  const save = form.handleSubmit(async (fields) => {
    const [kind, id] = fields.what.split(" ");
    const receivedAt = fromLocalInput(fields.receivedAt, zone);
    const made = await command.run({
      code: fields.code,
      ...(kind === "m" ? { materialId: id } : { productId: id }),
      quantity: Number(fields.quantity.replace(",", ".")),
      ...(receivedAt === null ? {} : { receivedAt }),
      ...ifGiven("expiresOn", fields.expiresOn),
      ...ifGiven("supplierLot", fields.supplierLot),
      ...ifGiven("location", fields.location),
    });
    if (made !== null) props.onClose();
  });
  const { errors } = form.formState;
  return (
    <FormDialog
      title={t("receive")}
      word={t("receiveIt")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <SelectField label={t("material")} options={options} {...form.register("what")} />
      <TextField
        label={t("lotNumber")}
        {...form.register("code", { required: t("required"), maxLength: 40 })}
        problem={errors.code?.message}
      />
      <TextField
        label={t("quantityIn", { unit })}
        inputMode="decimal"
        {...form.register("quantity", {
          required: t("required"),
          validate: (text) => Number(text.replace(",", ".")) > 0 || t("aboveNought"),
        })}
        problem={errors.quantity?.message}
      />
      <TextField label={t("supplierLot")} {...form.register("supplierLot", { maxLength: 60 })} />
      <TextField
        label={t("receivedAt")}
        hint={t("nowIfEmpty")}
        type="datetime-local"
        {...form.register("receivedAt")}
      />
      <TextField label={t("expiresOn")} type="date" {...form.register("expiresOn")} />
      <TextField label={t("location")} {...form.register("location", { maxLength: 60 })} />
    </FormDialog>
  );
}
