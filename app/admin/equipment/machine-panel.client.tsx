"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { PlantMachine } from "#server/execution/plant/plant.contract.ts";
import { History } from "../_history/history.client.tsx";
import { StepForm, wrongOf } from "../setup/step-form.client.tsx";
import type { PanelProps } from "./equipment-page.client.tsx";
import { AssetSection } from "./asset-section.client.tsx";
import { LeaveSection } from "./leave-section.client.tsx";
import { UseSwitch } from "./use-switch.client.tsx";

/** A machine: its name, where it stands, and the limits that hold from the moment they are saved. */
export function MachinePanel(props: PanelProps & { machine: PlantMachine }): ReactNode {
  const t = useTranslations("admin.equipment");
  const { machine, plant, onSaved } = props;
  const path = `/plant/machines/${String(machine.id)}`;
  const save = useCommand<object, unknown>(path);
  const lines = plant.lines.filter(
    (line) => line.retiredAt === null || line.machines.some(({ id }) => id === machine.id),
  );
  const here = lines.find((line) => line.machines.some(({ id }) => id === machine.id));
  const form = useForm({
    values: {
      name: machine.name,
      kind: machine.kind,
      line: String(here?.id ?? ""),
      positions: machine.positions,
      positionNames: machine.positionNames.join(", "),
      microStopS: machine.microStopMs / 1000,
      staleS: machine.staleMs / 1000,
      target: Math.round(machine.targetShare * 100),
    },
  });
  const { errors } = form.formState;
  const number = (min: number, max: number) => ({
    valueAsNumber: true,
    required: t("required"),
    min: { value: min, message: t("between", { min, max }) },
    max: { value: max, message: t("between", { min, max }) },
  });
  const text = { required: t("required") };
  const store = form.handleSubmit(async (fields) => {
    // Only what differs: a colleague's change of another field is not written over.
    const change = {
      ...(fields.name !== machine.name ? { name: fields.name } : {}),
      ...(fields.kind !== machine.kind ? { kind: fields.kind } : {}),
      ...(Number(fields.line) !== here?.id ? { lineId: Number(fields.line) } : {}),
      ...(fields.positions !== machine.positions ? { positions: fields.positions } : {}),
      ...(fields.positionNames !== machine.positionNames.join(", ")
        ? { positionNames: namesOf(fields.positionNames) }
        : {}),
      ...(fields.microStopS * 1000 !== machine.microStopMs
        ? { microStopMs: Math.round(fields.microStopS * 1000) }
        : {}),
      ...(fields.staleS * 1000 !== machine.staleMs ? { staleMs: Math.round(fields.staleS * 1000) } : {}),
      ...(fields.target !== Math.round(machine.targetShare * 100)
        ? { targetShare: fields.target / 100 }
        : {}),
    };
    if ((await save.run(change)) === null) return;
    onSaved();
  });
  return (
    <>
      <header>
        <h2 className="text-lg font-semibold">
          <bdi>{machine.name}</bdi>
        </h2>
        <p className="text-ink-2">
          {t("code")} <bdi>{machine.code}</bdi>
        </p>
      </header>
      <StepForm word={t("save")} busy={save.busy} wrong={wrongOf([save.state])} onSave={() => void store()}>
        <TextField label={t("name")} {...form.register("name", text)} problem={errors.name?.message} />
        <TextField
          label={t("kind")}
          hint={t("kindHint")}
          {...form.register("kind", text)}
          problem={errors.kind?.message}
        />
        <SelectField
          label={t("line")}
          hint={t("lineHint")}
          options={lines.map((line) => ({ value: String(line.id), label: line.name }))}
          {...form.register("line")}
        />
        <TextField
          label={t("positions")}
          hint={t("positionsHint")}
          type="number"
          {...form.register("positions", number(1, 64))}
          problem={errors.positions?.message}
        />
        <TextField
          label={t("positionNames")}
          hint={t("positionNamesHint")}
          {...form.register("positionNames")}
        />
        <TextField
          label={t("microStop")}
          hint={t("microStopHint")}
          type="number"
          step="any"
          {...form.register("microStopS", number(1, 3600))}
          problem={errors.microStopS?.message}
        />
        <TextField
          label={t("stale")}
          hint={t("staleHint")}
          type="number"
          step="any"
          {...form.register("staleS", number(1, 86_400))}
          problem={errors.staleS?.message}
        />
        <TextField
          label={t("target")}
          hint={t("targetHint")}
          type="number"
          {...form.register("target", number(5, 100))}
          problem={errors.target?.message}
        />
        <p className="self-center text-sm text-ink-2">{t("fromNow")}</p>
      </StepForm>
      <AssetSection machineId={machine.id} onSaved={onSaved} />
      {machine.retiredAt === null && (
        <LeaveSection path={path} leavesAt={machine.leavesAt} onSaved={onSaved} />
      )}
      <UseSwitch path={`${path}/use`} retiredAt={machine.retiredAt} onSaved={onSaved} />
      <History
        objectType="machine"
        objectId={machine.id}
        onUndone={onSaved}
        say={(field, value) =>
          field === "lineId" ? plant.lines.find(({ id }) => id === value)?.name : undefined
        }
      />
    </>
  );
}

const namesOf = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
