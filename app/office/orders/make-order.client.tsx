"use client";

import { useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useFieldArray, useForm, useWatch } from "react-hook-form";
import { fromLocalInput } from "#app/_lib/local-time.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { ProductView } from "#server/execution/orders/products.contract.ts";
import type { MachineName } from "./order-topics.ts";

/** Makes an order with the operations it goes through, in their order. */
export function MakeOrder(props: {
  products: readonly ProductView[];
  machines: readonly MachineName[];
  onClose: () => void;
}): ReactNode {
  const t = useTranslations("orders");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const zone = useTimeZone() ?? "UTC";
  const command = useCommand<object, unknown>("/orders");
  const first = props.products[0];
  const usual = first?.standards[0]?.machineId ?? props.machines[0]?.id ?? "";
  const form = useForm({
    defaultValues: {
      code: "",
      productId: first?.id ?? "",
      quantity: "",
      due: "",
      priority: "5",
      jobs: [{ machine: String(usual), operation: t("operationName") }],
    },
  });
  const jobs = useFieldArray({ control: form.control, name: "jobs" });
  const productId = useWatch({ control: form.control, name: "productId" });
  // A machine with a standard for the product comes first; another one is possible, without a performance.
  const standards = props.products.find((one) => one.id === productId)?.standards ?? [];
  const timed = (machine: MachineName) => standards.some((one) => one.machineId === machine.id);
  const machines = props.machines.toSorted((a, b) => Number(timed(b)) - Number(timed(a)));
  const save = form.handleSubmit(async (fields) => {
    const made = await command.run({
      code: fields.code,
      productId: fields.productId,
      quantity: Number(fields.quantity),
      due: fromLocalInput(fields.due, zone),
      priority: Number(fields.priority),
      jobs: fields.jobs.map(({ machine, operation }) => ({
        machineId: Number(machine),
        operation,
      })),
    });
    if (made !== null) props.onClose();
  });
  const { errors } = form.formState;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) props.onClose();
      }}
      title={t("make")}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={props.onClose}>{app("cancel")}</Button>
          <Button
            tone="primary"
            busy={command.busy}
            why={first === undefined ? t("productFirst") : null}
            onPress={() => void save()}
          >
            {t("makeIt")}
          </Button>
        </>
      }
    >
      <form
        className="grid gap-3 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {command.state.phase === "wrong" && (
          <p role="alert" className="font-semibold sm:col-span-2">
            {wrong(command.state.error)}
          </p>
        )}
        <TextField
          label={t("number")}
          {...form.register("code", { required: t("required"), maxLength: 40 })}
          problem={errors.code?.message}
        />
        <SelectField
          label={t("product")}
          options={props.products.map((one) => ({ value: one.id, label: `${one.code} ${one.name}` }))}
          {...form.register("productId")}
        />
        <TextField
          label={t("quantity")}
          inputMode="numeric"
          {...form.register("quantity", {
            required: t("required"),
            validate: (text) => (Number.isInteger(Number(text)) && Number(text) > 0) || t("aboveNought"),
          })}
          problem={errors.quantity?.message}
        />
        <TextField label={t("due")} type="datetime-local" {...form.register("due")} />
        <SelectField
          label={t("priority")}
          hint={t("priorityHint")}
          options={["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((value) => ({ value, label: value }))}
          {...form.register("priority")}
        />
        <fieldset className="flex flex-col gap-3 sm:col-span-2">
          <legend className="text-sm font-semibold">{t("operations")}</legend>
          {jobs.fields.map((field, i) => (
            <div key={field.id} className="flex flex-wrap items-end gap-2">
              <div className="min-w-32 flex-1">
                <TextField
                  label={t("operation")}
                  {...form.register(`jobs.${i}.operation`, { required: t("required") })}
                  problem={errors.jobs?.[i]?.operation?.message}
                />
              </div>
              <div className="min-w-32 flex-1">
                <SelectField
                  label={t("machine")}
                  options={machines.map((one) => ({ value: String(one.id), label: one.name }))}
                  {...form.register(`jobs.${i}.machine`)}
                />
              </div>
              {jobs.fields.length > 1 && (
                <Button onPress={() => jobs.remove(i)}>{t("removeOperation")}</Button>
              )}
            </div>
          ))}
          <Button
            className="self-start"
            size="small"
            onPress={() => jobs.append({ machine: String(machines[0]?.id ?? ""), operation: "" })}
          >
            {t("addOperation")}
          </Button>
        </fieldset>
      </form>
    </Dialog>
  );
}
