"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { formatNumber } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { DefinitionView } from "#server/execution/orders/definition.contract.ts";
import type { StandardCycleView } from "#server/execution/orders/products.contract.ts";
import { type Choices, decimalsOf, numberOf } from "./choices.ts";
import { PeriodWords, useTimes } from "../../_dated/period.client.tsx";
import { SinceField, useSince } from "../../_dated/since-field.client.tsx";

/** How fast each machine ideally makes it: what performance is measured against. */
export function StandardSection(props: {
  product: DefinitionView;
  machines: Choices["machines"];
  onSaved: () => void;
}): ReactNode {
  const { product, machines } = props;
  const t = useTranslations("admin.products");
  const { now, later, earlier } = useTimes(product.standards);
  const [open, setOpen] = useState<number | "new" | null>(null);
  return (
    <section className="d-panel min-w-0" aria-labelledby="standards">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4 pb-2">
        <h2 id="standards" className="text-lg font-semibold">
          {t("standards")}
        </h2>
        <Button why={machines.length === 0 ? t("machineFirst") : null} onPress={() => setOpen("new")}>
          {t("addStandard")}
        </Button>
      </div>
      {product.standards.length === 0 ? (
        <Notice kind="empty" title={t("noStandard")} filling>
          {t("noStandardText")}
        </Notice>
      ) : (
        <>
          <Rows rows={[...now, ...later]} onChange={setOpen} />
          {earlier.length > 0 && (
            <details className="border-t border-hairline px-4 py-2">
              <summary className="cursor-pointer text-sm text-ink-2">
                {t("earlier", { count: earlier.length })}
              </summary>
              <Rows rows={earlier} />
            </details>
          )}
        </>
      )}
      {open !== null && (
        <StandardDialog
          product={product}
          machines={machines}
          machineId={open === "new" ? null : open}
          onClose={() => {
            setOpen(null);
            props.onSaved();
          }}
        />
      )}
    </section>
  );
}

function Rows(props: {
  rows: readonly StandardCycleView[];
  onChange?: (machineId: number) => void;
}): ReactNode {
  const t = useTranslations("admin.products");
  const locale = useLocale();
  const seconds = (ms: number) => formatNumber(locale, ms / 1000, decimalsOf(ms / 1000, 3));
  return (
    <table className="d-table" data-cards>
      <thead>
        <tr>
          <th>{t("machine")}</th>
          <th data-align="end">{t("cycle")}</th>
          <th data-align="end">{t("parts")}</th>
          <th>{t("holds")}</th>
          {props.onChange !== undefined && <th data-align="end">{t("deed")}</th>}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <tr key={`${String(row.machineId)} ${String(row.from)}`}>
            <td data-head={t("machine")}>
              <bdi className="font-semibold">{row.machineName}</bdi>
            </td>
            <td data-head={t("cycle")} data-align="end" className="tabular-nums">
              {t("seconds", { value: seconds(row.cycleMs) })}
            </td>
            <td data-head={t("parts")} data-align="end" className="tabular-nums">
              {formatNumber(locale, row.partsPerCycle)}
            </td>
            <td data-head={t("holds")}>
              <PeriodWords from={row.from} to={row.to} />
            </td>
            {props.onChange !== undefined && (
              <td data-head={t("deed")} data-align="end">
                <Button
                  size="small"
                  label={t("changeStandard", { machine: row.machineName })}
                  onPress={() => props.onChange?.(row.machineId)}
                >
                  {t("change")}
                </Button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function StandardDialog(props: {
  product: DefinitionView;
  machines: Choices["machines"];
  machineId: number | null;
  onClose: () => void;
}): ReactNode {
  const { product, machines, machineId, onClose } = props;
  const t = useTranslations("admin.products");
  const since = useSince();
  const command = useCommand<object, unknown>(`/products/${product.id}/standard`);
  const held = product.standards.find((row) => row.machineId === machineId && row.to === null);
  const timed = new Set(product.standards.map((row) => row.machineId));
  const first = machineId ?? machines.find(({ id }) => !timed.has(id))?.id ?? machines[0]?.id ?? 0;
  const form = useForm({
    defaultValues: {
      machine: String(first),
      seconds: held === undefined ? "" : String(held.cycleMs / 1000),
      parts: String(held?.partsPerCycle ?? 1),
      from: "",
    },
  });
  const save = form.handleSubmit(async ({ machine, seconds, parts, from }) => {
    const done = await command.run({
      machineId: Number(machine),
      cycleMs: numberOf(seconds) * 1000,
      partsPerCycle: Number(parts),
      ...since(from),
    });
    if (done !== null) onClose();
  });
  const { errors } = form.formState;
  return (
    <FormDialog
      title={t("standardOf", { product: product.code })}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={onClose}
    >
      <SelectField
        label={t("machine")}
        options={machines.map(({ id, name }) => ({ value: String(id), label: name }))}
        {...form.register("machine")}
      />
      <TextField
        label={t("cycleSeconds")}
        inputMode="decimal"
        {...form.register("seconds", {
          required: t("required"),
          validate: (text) => numberOf(text) > 0 || t("aboveNought"),
        })}
        problem={errors.seconds?.message}
      />
      <TextField
        label={t("parts")}
        hint={t("partsHint")}
        inputMode="numeric"
        {...form.register("parts", {
          validate: (text) => (Number.isInteger(Number(text)) && Number(text) > 0) || t("aboveNought"),
        })}
        problem={errors.parts?.message}
      />
      <SinceField hint={t("standardSince")} {...form.register("from")} />
    </FormDialog>
  );
}
