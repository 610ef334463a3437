"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { codeOf } from "#server/core/code-of.rules.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { StepProps } from "./setup-page.client.tsx";
import { StepForm, wrongOf } from "./step-form.client.tsx";

function machinesOf({ plant }: Pick<StepProps, "plant">): { value: string; label: string }[] {
  return plant.lines.flatMap((line) =>
    line.machines.map((machine) => ({ value: String(machine.id), label: `${machine.name} · ${line.name}` })),
  );
}

/** A product that is new or known, and how long one cycle of a machine ideally takes for it. */
export function ProductForm({ plant, products, onSaved }: StepProps): ReactNode {
  const t = useTranslations("admin.setup");
  const add = useCommand<object, { productId: string }>("/products");
  const standard = useCommand<object, unknown>("/products");
  const machines = machinesOf({ plant });
  const timed = new Set(products.flatMap((one) => one.standards.map((s) => s.machineId)));
  const next = machines.find(({ value }) => !timed.has(Number(value))) ?? machines[0];
  const form = useForm({
    defaultValues: { name: "", code: "", machine: next?.value ?? "", seconds: "", parts: "1" },
  });
  const { errors } = form.formState;
  return (
    <StepForm
      word={t("addProduct")}
      why={machines.length === 0 ? t("machineFirst") : null}
      busy={add.busy || standard.busy}
      wrong={wrongOf([add.state, standard.state])}
      onSave={() =>
        void form.handleSubmit(async ({ name, code, machine, seconds, parts }) => {
          const known = products.find((one) => one.code === code || one.name === name);
          const codes = products.map((one) => one.code);
          const made =
            known === undefined
              ? await add.run({ name, code: code === "" ? codeOf(name, "product", codes) : code })
              : { productId: known.id };
          if (made === null) return;
          const said = await standard.run(
            {
              machineId: Number(machine === "" ? next?.value : machine),
              cycleMs: Number(seconds.replace(",", ".")) * 1000,
              partsPerCycle: Number(parts),
            },
            `/products/${made.productId}/standard`,
          );
          if (said !== null) form.reset();
          onSaved();
        })()
      }
    >
      <TextField
        label={t("productName")}
        list="products"
        {...form.register("name", { required: t("required") })}
        problem={errors.name?.message}
      />
      <datalist id="products">
        {products.map((one) => (
          <option key={one.id} value={one.name}>
            {one.code}
          </option>
        ))}
      </datalist>
      <TextField label={t("productCode")} hint={t("codeHint")} {...form.register("code")} />
      <SelectField label={t("onMachine")} options={machines} {...form.register("machine")} />
      <TextField
        label={t("cycle")}
        hint={t("cycleHint")}
        inputMode="decimal"
        {...form.register("seconds", {
          required: t("required"),
          validate: (text) => Number(text.replace(",", ".")) > 0 || t("aboveNought"),
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
    </StepForm>
  );
}

/** Shifts as most plants work them; another one is said by its times. */
const patterns = {
  one: [["06:00", "14:00"]],
  two: [
    ["06:00", "14:00"],
    ["14:00", "22:00"],
  ],
  three: [
    ["06:00", "14:00"],
    ["14:00", "22:00"],
    ["22:00", "06:00"],
  ],
  day: [["08:00", "16:30"]],
} as const;
const names = ["early", "late", "night"] as const;

export function ShiftForm({ plant, onSaved }: StepProps): ReactNode {
  const t = useTranslations("admin.setup");
  const add = useCommand<object, unknown>("/shift-patterns");
  const form = useForm({
    defaultValues: {
      line: String(plant.lines[0]?.id ?? ""),
      pattern: "two" as keyof typeof patterns | "own",
      days: "5" as "5" | "6" | "7",
      name: "",
      start: "07:00",
      end: "15:30",
    },
  });
  const own = useWatch({ control: form.control, name: "pattern" }) === "own";
  return (
    <StepForm
      word={t("addShifts")}
      why={plant.lines.length === 0 ? t("machineFirst") : null}
      busy={add.busy}
      wrong={wrongOf([add.state])}
      onSave={() =>
        void form.handleSubmit(async ({ line, pattern, days, name, start, end }) => {
          const weekdays = Array.from({ length: Number(days) }, (_, i) => i + 1);
          const shifts = pattern === "own" ? [[start, end] as const] : patterns[pattern];
          for (const [i, [startLocal, endLocal]] of shifts.entries()) {
            const called =
              pattern === "own" ? name : t(`shift.${pattern === "day" ? "day" : (names[i] ?? "early")}`);
            const lineId = line === "" ? plant.lines[0]?.id : Number(line);
            const input = { lineId, name: called, weekdays, startLocal, endLocal };
            // What was said before a refusal stays, and the refusal says which shift does not fit.
            if ((await add.run(input)) === null) break;
          }
          onSaved();
        })()
      }
    >
      <SelectField
        label={t("line")}
        options={plant.lines.map((line) => ({ value: String(line.id), label: line.name }))}
        {...form.register("line")}
      />
      <SelectField
        label={t("pattern")}
        options={(["one", "two", "three", "day", "own"] as const).map((value) => ({
          value,
          label: t(`patterns.${value}`),
        }))}
        {...form.register("pattern")}
      />
      <SelectField
        label={t("days")}
        options={(["5", "6", "7"] as const).map((value) => ({ value, label: t(`weekdays.${value}`) }))}
        {...form.register("days")}
      />
      {own && (
        <>
          <TextField
            label={t("shiftName")}
            {...form.register("name", { required: t("required") })}
            problem={form.formState.errors.name?.message}
          />
          <TextField label={t("from")} type="time" {...form.register("start", { required: true })} />
          <TextField
            label={t("to")}
            type="time"
            hint={t("nextDay")}
            {...form.register("end", { required: true })}
          />
        </>
      )}
    </StepForm>
  );
}

const reasons = [
  { key: "material", planned: false, changeover: false },
  { key: "setup", planned: false, changeover: true },
  { key: "fault", planned: false, changeover: false },
  { key: "operator", planned: false, changeover: false },
  { key: "break", planned: true, changeover: false },
] as const;

/** Five reasons that fit most machines, in the plant's own words: change them here, add more later. */
export function ReasonsForm({ onSaved }: StepProps): ReactNode {
  const t = useTranslations("admin.setup");
  const add = useCommand<object, unknown>("/stop-reasons");
  const form = useForm({
    defaultValues: { names: reasons.map(({ key }) => t(`reason.${key}`)) },
  });
  return (
    <StepForm
      word={t("addReasons")}
      busy={add.busy}
      wrong={wrongOf([add.state])}
      onSave={() =>
        void form.handleSubmit(async (fields) => {
          for (const [i, name] of fields.names.entries()) {
            const { planned, changeover } = reasons[i] ?? reasons[0];
            if (name.trim() === "") continue;
            if ((await add.run({ name, planned, changeover })) === null) break;
          }
          onSaved();
        })()
      }
    >
      {reasons.map(({ key }, i) => (
        <TextField key={key} label={t(`reasonIs.${key}`)} {...form.register(`names.${i}`)} />
      ))}
    </StepForm>
  );
}

export function OrderForm({ plant, products, onSaved }: StepProps): ReactNode {
  const t = useTranslations("admin.setup");
  const create = useCommand<object, unknown>("/orders");
  const timed = products.filter((one) => one.standards.length > 0);
  const form = useForm({
    defaultValues: { code: "", product: timed[0]?.id ?? "", machine: "", quantity: "" },
  });
  const product = useWatch({ control: form.control, name: "product" });
  const chosen = timed.find((one) => one.id === product) ?? timed[0];
  const machines = machinesOf({ plant }).filter(({ value }) =>
    chosen?.standards.some((s) => s.machineId === Number(value)),
  );
  const { errors } = form.formState;
  return (
    <StepForm
      word={t("addOrder")}
      why={timed.length === 0 ? t("productFirst") : null}
      busy={create.busy}
      wrong={wrongOf([create.state])}
      onSave={() =>
        void form.handleSubmit(async ({ code, product, machine, quantity }) => {
          const machineId = Number(machine === "" ? machines[0]?.value : machine);
          const made = await create.run({
            code,
            productId: product === "" ? chosen?.id : product,
            quantity: Number(quantity),
            jobs: [{ machineId, operation: t("operation") }],
          });
          if (made !== null) {
            form.reset();
            onSaved();
          }
        })()
      }
    >
      <TextField
        label={t("orderCode")}
        {...form.register("code", { required: t("required") })}
        problem={errors.code?.message}
      />
      <SelectField
        label={t("product")}
        options={timed.map((one) => ({ value: one.id, label: `${one.code} ${one.name}` }))}
        {...form.register("product")}
      />
      <SelectField label={t("onMachine")} options={machines} {...form.register("machine")} />
      <TextField
        label={t("quantity")}
        inputMode="numeric"
        {...form.register("quantity", {
          required: t("required"),
          validate: (text) => (Number.isInteger(Number(text)) && Number(text) > 0) || t("aboveNought"),
        })}
        problem={errors.quantity?.message}
      />
    </StepForm>
  );
}
