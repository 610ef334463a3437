"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { type UseFormReturn, useWatch } from "react-hook-form";
import { SelectField, TextArea, TextField } from "#app/_ui/desk/field.tsx";
import { tagMeanings } from "#server/device/tag.contract.ts";
import type { TagForm } from "./tag-form.ts";

const numbers = [
  "scale",
  "shift",
  "deadband",
  "low",
  "high",
  "normalLow",
  "normalHigh",
  "expected",
  "silence",
  "aggregate",
  "modulus",
] as const;

/** The fields of a tag: what it is first, how it is read behind a fold. */
export function TagFields(props: {
  form: UseFormReturn<TagForm>;
  /** Left out = the machine is not asked (a template). */
  machines?: readonly { id: number; name: string }[];
  /** A tag keeps its datatype; only a new one is asked. */
  asksDatatype: boolean;
}): ReactNode {
  const { form, machines, asksDatatype } = props;
  const t = useTranslations("admin.sources");
  const meaning = useTranslations("meaning");
  const [kind, datatype] = useWatch({ control: form.control, name: ["meaning", "datatype"] });
  const wordy = datatype === "text" && (kind === "state" || kind === "fault");
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        {machines !== undefined && (
          <SelectField
            label={t("machine")}
            options={machines.map(({ id, name }) => ({ value: String(id), label: name }))}
            {...form.register("machine")}
          />
        )}
        <SelectField
          label={t("meaning")}
          options={tagMeanings.map((value) => ({ value, label: meaning(value) }))}
          {...form.register("meaning")}
        />
        <TextField label={t("name")} {...form.register("name", { required: t("required") })} />
        {asksDatatype && (
          <SelectField
            label={t("datatype")}
            options={(["number", "text", "boolean"] as const).map((value) => ({
              value,
              label: t(`datatypes.${value}`),
            }))}
            {...form.register("datatype")}
          />
        )}
        <TextField label={t("unit")} {...form.register("unit")} />
        <TextField label={t("decimals")} inputMode="numeric" {...form.register("decimals")} />
      </div>
      {wordy && <TextArea label={t("words")} hint={t("wordsHint")} dir="ltr" {...form.register("words")} />}
      {datatype === "number" && (
        <details className="rounded border border-hairline p-3">
          <summary className="cursor-pointer font-semibold">{t("reading")}</summary>
          <div className="mt-3 grid gap-3 sm:grid-cols-2">
            {numbers.map((key) => (
              <TextField key={key} label={t(key)} inputMode="decimal" {...form.register(key)} />
            ))}
          </div>
        </details>
      )}
    </>
  );
}
