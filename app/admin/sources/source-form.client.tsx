"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { ApiRefusal } from "#app/_lib/api.client.ts";
import { codeOf } from "#server/core/code-of.rules.ts";
import type { CommandState } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextArea, TextField } from "#app/_ui/desk/field.tsx";
import { trustedOf } from "#server/execution/sources/certificate.rules.ts";
import { ConfigFields, type ConfigValues } from "./config-fields.client.tsx";
import { choosable, configOf, driverForms, emptyRow, formOf, isShownWhole } from "./driver-form.ts";
import { TrialResult } from "./trial-result.client.tsx";
import { useTrial } from "./use-trial.client.ts";

export interface SourceDraft {
  readonly edgeId: number;
  readonly code: string;
  readonly driver: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * How a source is reached. The usual settings are fields; all of them can be read and written as text. Trying it
 * needs no saving, and saving needs no trying.
 */
export function SourceForm(props: {
  edges: readonly { id: number; code: string; name: string }[];
  /** The source as it is; null = a new one. */
  source: (SourceDraft & { readonly id: number }) | null;
  saving: CommandState<unknown>;
  onSave: (draft: SourceDraft) => void;
}): ReactNode {
  const { edges, source, saving, onSave } = props;
  const t = useTranslations("admin.sources");
  const wrong = useErrorWords();
  const before = source?.config ?? {};
  const [driver, setDriver] = useState(source?.driver ?? "modbus");
  const [edgeId, setEdgeId] = useState(source?.edgeId ?? edges[0]?.id ?? 0);
  const [code, setCode] = useState(source?.code ?? "");
  const [values, setValues] = useState<ConfigValues>(() => begin(driver, before));
  // Text where the fields would not show everything: nothing may vanish because a form has no place for it.
  const [typed, setTyped] = useState<string | null>(() =>
    source !== null && !isShownWhole(driver, before) ? JSON.stringify(before, null, 2) : null,
  );
  const { trial, run } = useTrial();

  const config = typed === null ? configOf(driver, values, before) : parsed(typed);
  const unread = config === null ? t("noJson") : null;
  const try_ = () => {
    if (config !== null)
      void run({ edgeId, driver, config, ...(source === null ? {} : { sourceId: source.id }) });
  };
  const needsCode = code.trim() === "" ? t("required") : null;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (config !== null && needsCode === null) onSave({ edgeId, code, driver, config });
      }}
    >
      {source === null && (
        <div className="grid gap-3 sm:grid-cols-3">
          <SelectField
            label={t("driver")}
            value={driver}
            options={choosable.map((one) => ({ value: one, label: t(`driverName.${one}`) }))}
            onChange={(event) => {
              setDriver(event.target.value);
              setValues(begin(event.target.value, {}));
              setTyped(driverForms[event.target.value] === undefined ? "{}" : null);
            }}
          />
          <TextField
            label={`${t("code")} *`}
            hint={t("codeHint")}
            value={code}
            dir="ltr"
            onChange={(event) => setCode(event.target.value)}
            onBlur={() => setCode((text) => (text.trim() === "" ? "" : codeOf(text, "source")))}
          />
          <SelectField
            label={t("edge")}
            hint={t("edgeHint")}
            value={String(edgeId)}
            options={edges.map((edge) => ({ value: String(edge.id), label: `${edge.code} · ${edge.name}` }))}
            onChange={(event) => setEdgeId(Number(event.target.value))}
          />
        </div>
      )}
      <p className="text-ink-2">{t(`driverText.${driver}`)}</p>
      {typed === null ? (
        <ConfigFields driver={driver} values={values} keepsSecrets={source !== null} onChange={setValues} />
      ) : (
        <TextArea
          label={t("asText")}
          problem={unread ?? undefined}
          rows={14}
          dir="ltr"
          className="font-mono"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      {driverForms[driver] !== undefined && driverForms[driver].fields.length > 0 && (
        <div>
          <Button
            size="small"
            tone="quiet"
            why={unread}
            onPress={() => {
              if (config === null) return;
              if (typed === null) setTyped(JSON.stringify(config, null, 2));
              else {
                setValues(begin(driver, config));
                setTyped(null);
              }
            }}
          >
            {t(typed === null ? "showText" : "showFields")}
          </Button>
        </div>
      )}
      {saving.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(saving.error)}
          {saving.error instanceof ApiRefusal && saving.error.refusal.field !== undefined && (
            <bdi className="ms-2 font-mono text-sm font-normal">{saving.error.refusal.field}</bdi>
          )}
        </p>
      )}
      <TrialResult
        trial={trial}
        trusted={trustedOf(config ?? {})}
        onTrust={(thumbprint) => {
          if (config === null) return;
          const next = { ...config, trusted: [...trustedOf(config), thumbprint] };
          if (typed === null) setValues(begin(driver, next));
          else setTyped(JSON.stringify(next, null, 2));
        }}
      />
      <div className="flex flex-wrap gap-2">
        <Button busy={trial.phase === "running"} why={unread} onPress={try_}>
          {t("try")}
        </Button>
        <Button type="submit" tone="primary" busy={saving.phase === "sending"} why={unread ?? needsCode}>
          {t(source === null ? "addThis" : "save")}
        </Button>
      </div>
    </form>
  );
}

function begin(driver: string, config: Readonly<Record<string, unknown>>): ConfigValues {
  const form = formOf(driver, config);
  const asksRows = driverForms[driver]?.rows != null && form.rows.length === 0;
  return asksRows ? { ...form, rows: [emptyRow(driver)] } : form;
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
