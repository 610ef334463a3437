"use client";

import { useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { codeOf } from "#server/core/code-of.rules.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { StepProps } from "./setup-page.client.tsx";
import { StepForm, wrongOf } from "./step-form.client.tsx";

const zones = Intl.supportedValuesOf("timeZone");
const browserZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export function PlantForm({ plant, onSaved }: StepProps): ReactNode {
  const t = useTranslations("admin.setup");
  const save = useCommand<object, unknown>("/plant/site");
  const here = useTimeZone();
  const form = useForm({
    defaultValues: {
      name: plant.site?.name ?? "",
      timeZone: plant.site?.timeZone ?? browserZone,
    },
  });
  return (
    <StepForm
      word={t("save")}
      busy={save.busy}
      wrong={wrongOf([save.state])}
      onSave={() =>
        void form.handleSubmit(async (fields) => {
          if ((await save.run(fields)) === null) return;
          // The page's clock and times were made for another zone.
          if (fields.timeZone !== here) location.reload();
          else onSaved();
        })()
      }
    >
      <TextField
        label={t("works")}
        {...form.register("name", { required: t("required") })}
        problem={form.formState.errors.name?.message}
      />
      <TextField
        label={t("timeZone")}
        hint={t("timeZoneHint")}
        list="time-zones"
        {...form.register("timeZone", { required: t("required") })}
        problem={form.formState.errors.timeZone?.message}
      />
      <datalist id="time-zones">
        {zones.map((zone) => (
          <option key={zone} value={zone}>
            {zone}
          </option>
        ))}
      </datalist>
    </StepForm>
  );
}

const newLine = "new";

/** A machine, and its line where that is new: one button, as nobody has one without the other. */
export function MachineForm({ plant, onSaved }: StepProps): ReactNode {
  const t = useTranslations("admin.setup");
  const addLine = useCommand<object, { lineId: number }>("/plant/lines");
  const addMachine = useCommand<object, { machineId: number }>("/plant/machines");
  const manual = useCommand<object, unknown>("/plant/machines");
  const first = plant.lines[0];
  const form = useForm({
    defaultValues: {
      line: first === undefined ? newLine : String(first.id),
      lineName: "",
      name: "",
      kind: "",
      signal: "manual" as "manual" | "connected",
    },
  });
  const asksLine = useWatch({ control: form.control, name: "line" }) === newLine;
  const machines = plant.lines.flatMap((line) => line.machines);
  const { errors } = form.formState;
  return (
    <StepForm
      word={t("addMachine")}
      busy={addLine.busy || addMachine.busy || manual.busy}
      wrong={wrongOf([addLine.state, addMachine.state, manual.state])}
      onSave={() =>
        void form.handleSubmit(async ({ line, lineName, name, kind, signal }) => {
          const codes = plant.lines.map((one) => one.code);
          const made =
            line === newLine
              ? await addLine.run({ code: codeOf(lineName, "line", codes), name: lineName })
              : { lineId: Number(line) };
          if (made === null) return;
          // Should the machine be refused, its line is there: the next try must not make another.
          form.setValue("line", String(made.lineId));
          const code = codeOf(
            name,
            "machine",
            machines.map((one) => one.code),
          );
          const machine = await addMachine.run({ ...made, code, name, kind: codeOf(kind, "machine") });
          if (machine === null) return onSaved();
          if (signal === "manual")
            await manual.run({}, `/plant/machines/${String(machine.machineId)}/manual`);
          form.reset({ ...form.getValues(), name: "" });
          onSaved();
        })()
      }
    >
      <SelectField
        label={t("line")}
        options={[
          ...plant.lines.map((line) => ({ value: String(line.id), label: line.name })),
          { value: newLine, label: t("newLine") },
        ]}
        {...form.register("line")}
      />
      {asksLine && (
        <TextField
          label={t("lineName")}
          {...form.register("lineName", { required: t("required") })}
          problem={errors.lineName?.message}
        />
      )}
      <TextField
        label={t("machineName")}
        {...form.register("name", { required: t("required") })}
        problem={errors.name?.message}
      />
      <TextField
        label={t("kind")}
        hint={t("kindHint")}
        list="machine-kinds"
        {...form.register("kind", { required: t("required") })}
        problem={errors.kind?.message}
      />
      <datalist id="machine-kinds">
        {[...new Set(machines.map((one) => one.kind))].map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </datalist>
      <SelectField
        label={t("signal")}
        options={(["manual", "connected"] as const).map((value) => ({ value, label: t(`by.${value}`) }))}
        {...form.register("signal")}
      />
    </StepForm>
  );
}

/** Machines that nobody speaks for yet: by hand with one press, by a source in their own time. */
export function SignalForm({ plant, onSaved }: StepProps): ReactNode {
  const t = useTranslations("admin.setup");
  const manual = useCommand<object, unknown>("/plant/machines");
  const machines = plant.lines.flatMap((line) => line.machines);
  return (
    <ul className="divide-y divide-hairline border-y border-hairline">
      {machines.map((machine) => (
        <li key={machine.id} className="flex items-center justify-between gap-3 py-2">
          <span>
            <bdi className="font-semibold">{machine.name}</bdi>{" "}
            <span className="text-ink-2">{t(`by.${machine.signal}`)}</span>
          </span>
          {machine.signal === "manual" && (
            <Button
              size="small"
              busy={manual.busy}
              onPress={() =>
                void manual.run({}, `/plant/machines/${String(machine.id)}/manual/end`).then(onSaved)
              }
            >
              {t("endManual")}
            </Button>
          )}
          {machine.signal === "none" && (
            <Button
              size="small"
              busy={manual.busy}
              onPress={() =>
                void manual.run({}, `/plant/machines/${String(machine.id)}/manual`).then(onSaved)
              }
            >
              {t("makeManual")}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
