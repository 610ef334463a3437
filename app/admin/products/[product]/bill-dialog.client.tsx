"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { BillLine } from "#server/execution/orders/bill.contract.ts";
import type { DefinitionView } from "#server/execution/orders/definition.contract.ts";
import { type Choices, numberOf } from "./choices.ts";
import { SinceField, useSince } from "../../_dated/since-field.client.tsx";

/** What one part holds of a component, from a time on; nought ends it. */
export function BillDialog(props: {
  product: DefinitionView;
  choices: Choices;
  line: BillLine | null;
  onClose: () => void;
}): ReactNode {
  const { product, choices, line, onClose } = props;
  const t = useTranslations("admin.products");
  const since = useSince();
  const command = useCommand<object, unknown>(`/products/${product.id}/bill`);
  const components = [
    ...choices.materials.map(({ id, code, name, unit }) => ({
      value: `materialId ${id}`,
      label: `${code} ${name}`,
      unit,
    })),
    ...choices.products
      .filter(({ id }) => id !== product.id)
      .map(({ id, code, name }) => ({
        value: `componentId ${id}`,
        label: `${code} ${name}`,
        unit: t("pieces"),
      })),
  ];
  const chosen =
    line === null
      ? (components[0]?.value ?? "")
      : line.materialId === null
        ? `componentId ${line.componentId ?? ""}`
        : `materialId ${line.materialId}`;
  const form = useForm({
    defaultValues: {
      component: chosen,
      perPart: line === null ? "" : String(line.perPart),
      scrap: String(line?.scrapPercent ?? 0),
      from: "",
    },
  });
  const component = useWatch({ control: form.control, name: "component" });
  const unit = components.find(({ value }) => value === component)?.unit ?? "";
  const save = form.handleSubmit(async (fields) => {
    const [kind = "", id = ""] = fields.component.split(" ");
    const done = await command.run({
      [kind]: id,
      perPart: numberOf(fields.perPart),
      scrapPercent: numberOf(fields.scrap),
      ...since(fields.from),
    });
    if (done !== null) onClose();
  });
  const { errors } = form.formState;
  const notBelow = (text: string) => numberOf(text) >= 0 || t("notBelowNought");
  return (
    <FormDialog
      title={t("billOf", { product: product.code })}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      <div className="sm:col-span-2">
        <SelectField
          label={t("component")}
          options={components.filter(({ value }) => line === null || value === chosen)}
          {...form.register("component")}
        />
      </div>
      <TextField
        label={t("perPartIn", { unit })}
        hint={t("perPartHint")}
        inputMode="decimal"
        {...form.register("perPart", { required: t("required"), validate: notBelow })}
        problem={errors.perPart?.message}
      />
      <TextField
        label={t("scrapPercent")}
        hint={t("scrapHint")}
        inputMode="decimal"
        {...form.register("scrap", { required: t("required"), validate: notBelow })}
        problem={errors.scrap?.message}
      />
      <div className="sm:col-span-2">
        <SinceField hint={t("billSince")} {...form.register("from")} />
      </div>
    </FormDialog>
  );
}
