"use client";

import { Plus, X } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import { driverForms, emptyRow } from "./driver-form.ts";
import type { FieldSpec, FormValues } from "./form-parts.ts";

export interface ConfigValues {
  readonly fields: FormValues;
  readonly rows: readonly FormValues[];
}

/** The settings of a driver as fields, and its registers or mappings as rows that grow downwards. */
export function ConfigFields(props: {
  driver: string;
  values: ConfigValues;
  /** A secret that is left empty stays as it was. */
  keepsSecrets: boolean;
  onChange: (values: ConfigValues) => void;
}): ReactNode {
  const { driver, values, keepsSecrets, onChange } = props;
  const t = useTranslations("admin.sources");
  const form = driverForms[driver];
  if (form === undefined) return null;
  const setField = (key: string, value: string) =>
    onChange({ ...values, fields: { ...values.fields, [key]: value } });
  const setRow = (at: number, key: string, value: string) =>
    onChange({ ...values, rows: values.rows.map((row, i) => (i === at ? { ...row, [key]: value } : row)) });
  return (
    <>
      {form.fields.length > 0 && (
        <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
          {form.fields.map((spec) => (
            <Field
              key={spec.key}
              spec={spec}
              value={values.fields[spec.key] ?? ""}
              kept={keepsSecrets}
              onChange={(value) => setField(spec.key, value)}
            />
          ))}
        </div>
      )}
      {form.rows !== null && (
        <fieldset className="flex flex-col gap-2">
          <legend className="pb-1 font-semibold">{t(`rows.${driver}`)}</legend>
          <p className="text-sm text-ink-2">{t(`rowsHint.${driver}`)}</p>
          {values.rows.map((row, at) => (
            <div
              // Rows have no name of their own before they are filled in.
              key={at} // oxlint-disable-line react/no-array-index-key
              className="grid items-end gap-2 rounded border border-hairline p-3 sm:grid-cols-3 lg:grid-cols-5"
            >
              {form.rows?.map((spec) => (
                <Field
                  key={spec.key}
                  spec={spec}
                  value={row[spec.key] ?? ""}
                  onChange={(value) => setRow(at, spec.key, value)}
                />
              ))}
              <Button
                size="small"
                tone="quiet"
                label={t("dropRow")}
                className="justify-self-end"
                onPress={() => onChange({ ...values, rows: values.rows.filter((_, i) => i !== at) })}
              >
                <X className="size-4" aria-hidden="true" />
              </Button>
            </div>
          ))}
          <div>
            <Button
              size="small"
              onPress={() => onChange({ ...values, rows: [...values.rows, nextRow(driver, values.rows)] })}
            >
              <Plus className="size-4" aria-hidden="true" />
              {t("addRow")}
            </Button>
          </div>
        </fieldset>
      )}
    </>
  );
}

/** A further row begins as the last one was: registers of one device are mostly alike. */
function nextRow(driver: string, rows: readonly FormValues[]): FormValues {
  const last = rows.at(-1);
  if (last === undefined) return emptyRow(driver);
  const address = Number(last["address"]);
  return {
    ...last,
    ...("metric" in last && { metric: "" }),
    ...("filter" in last && { filter: "" }),
    ...(Number.isInteger(address) && { address: String(address + 1) }),
  };
}

function Field(props: {
  spec: FieldSpec;
  value: string;
  kept?: boolean;
  onChange: (value: string) => void;
}): ReactNode {
  const { spec, value, kept = false, onChange } = props;
  const { key, kind, options = [], example, required = false } = spec;
  const t = useTranslations("admin.sources");
  const label = `${t(`setting.${key}`)}${required ? " *" : ""}`;
  if (kind === "choice")
    return (
      <SelectField
        label={label}
        options={options.map((option) => ({
          value: option,
          label: t.has(`option.${option}`) ? t(`option.${option}`) : option,
        }))}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  if (kind === "flag")
    return (
      <label className="flex min-h-8 items-center gap-2 text-sm font-semibold">
        <input
          type="checkbox"
          className="size-4"
          checked={value === "true"}
          onChange={(event) => onChange(String(event.target.checked))}
        />
        {label}
      </label>
    );
  return (
    <TextField
      label={label}
      value={value}
      dir="ltr"
      autoComplete="off"
      {...(kind === "number" && { inputMode: "decimal" as const })}
      {...(kind === "secret" && { type: "password", placeholder: kept ? t("secretKept") : "" })}
      {...(example !== undefined && { placeholder: example })}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
