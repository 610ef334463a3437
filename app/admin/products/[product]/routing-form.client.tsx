"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useFieldArray, useForm, type UseFormReturn } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { Operation } from "#server/execution/orders/routing.contract.ts";
import { type Choices, numberOf } from "./choices.ts";
import { SinceField, useSince } from "../../_dated/since-field.client.tsx";

interface Row {
  sequence: string;
  name: string;
  /** `""` = only the machines that are ticked. */
  kind: string;
  machines: string[];
  setup: string;
  skill: string;
}
interface Fields {
  rows: Row[];
  from: string;
}

const minute = 60_000;
const step = 10;

const rowOf = (operation: Operation): Row => ({
  sequence: String(operation.sequence),
  name: operation.name,
  kind: operation.machineKind ?? "",
  machines: operation.machineIds.map(String),
  setup: String(operation.setupMs / minute),
  skill: operation.skillId === null ? "" : String(operation.skillId),
});

const operationOf = (row: Row) => ({
  sequence: Number(row.sequence),
  name: row.name,
  machineKind: row.kind === "" ? null : row.kind,
  machineIds: row.machines.map(Number),
  setupMs: Math.round(numberOf(row.setup) * minute),
  skillId: row.skill === "" ? null : Number(row.skill),
});

/** The whole routing in one form: it is saved as a new version from a time on. */
export function RoutingForm(props: {
  productId: string;
  operations: readonly Operation[];
  choices: Choices;
  onClose: () => void;
}): ReactNode {
  const { choices, onClose } = props;
  const t = useTranslations("admin.products");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const since = useSince();
  const command = useCommand<object, unknown>(`/products/${props.productId}/routing`);
  const kinds = [...new Set(choices.machines.map(({ kind }) => kind))];
  const fresh = (sequence: number): Row => ({
    sequence: String(sequence),
    name: "",
    kind: kinds[0] ?? "",
    machines: [],
    setup: "0",
    skill: "",
  });
  const form = useForm<Fields>({
    defaultValues: {
      rows: props.operations.length === 0 ? [fresh(step)] : props.operations.map(rowOf),
      from: "",
    },
  });
  const rows = useFieldArray({ control: form.control, name: "rows" });
  const save = form.handleSubmit(async ({ rows: said, from }) => {
    const done = await command.run({ operations: said.map(operationOf), ...since(from) });
    if (done !== null) onClose();
  });
  const next = () =>
    Math.max(0, ...form.getValues("rows").map(({ sequence }) => Number(sequence) || 0)) + step;
  return (
    <form
      className="flex flex-col gap-3 p-4 pt-2"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {command.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(command.state.error)}
        </p>
      )}
      {rows.fields.map((field, i) => (
        <OperationFields
          key={field.id}
          form={form}
          at={i}
          choices={choices}
          kinds={kinds}
          onRemove={rows.fields.length > 1 ? () => rows.remove(i) : null}
        />
      ))}
      <Button size="small" className="self-start" onPress={() => rows.append(fresh(next()))}>
        {t("addOperation")}
      </Button>
      <div className="flex flex-wrap items-end justify-between gap-3 border-t border-hairline pt-3">
        <div className="w-full sm:w-80">
          <SinceField hint={t("routingSince")} {...form.register("from")} />
        </div>
        <div className="flex gap-2">
          <Button onPress={onClose}>{app("cancel")}</Button>
          <Button tone="primary" type="submit" busy={command.busy}>
            {t("saveRouting")}
          </Button>
        </div>
      </div>
    </form>
  );
}

function OperationFields(props: {
  form: UseFormReturn<Fields>;
  at: number;
  choices: Choices;
  kinds: readonly string[];
  onRemove: (() => void) | null;
}): ReactNode {
  const { form, at, choices, kinds } = props;
  const t = useTranslations("admin.products");
  const errors = form.formState.errors.rows?.[at];
  return (
    <fieldset className="grid grid-cols-2 gap-3 rounded-md border border-hairline p-3 lg:grid-cols-[5rem_minmax(9rem,1fr)_minmax(9rem,1fr)_7rem_minmax(9rem,1fr)_auto]">
      <legend className="sr-only">{t("operationAt", { number: at + 1 })}</legend>
      <TextField
        label={t("sequence")}
        inputMode="numeric"
        {...form.register(`rows.${at}.sequence`, {
          required: t("required"),
          validate: (text) => (Number.isInteger(Number(text)) && Number(text) > 0) || t("aboveNought"),
        })}
        problem={errors?.sequence?.message}
      />
      <TextField
        label={t("operation")}
        {...form.register(`rows.${at}.name`, { required: t("required"), maxLength: 60 })}
        problem={errors?.name?.message}
      />
      <SelectField
        label={t("machineKind")}
        options={[
          { value: "", label: t("onlyNamed") },
          ...kinds.map((kind) => ({ value: kind, label: t("everyKind", { kind }) })),
        ]}
        {...form.register(`rows.${at}.kind`)}
      />
      <TextField
        label={t("setupMinutes")}
        inputMode="decimal"
        {...form.register(`rows.${at}.setup`, {
          required: t("required"),
          validate: (text) => numberOf(text) >= 0 || t("notBelowNought"),
        })}
        problem={errors?.setup?.message}
      />
      <SelectField
        label={t("skill")}
        options={[
          { value: "", label: t("noSkill") },
          ...choices.skills.map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
        {...form.register(`rows.${at}.skill`)}
      />
      {props.onRemove !== null && (
        <Button
          className="self-end"
          label={t("removeOperationAt", { number: at + 1 })}
          onPress={props.onRemove}
        >
          {t("remove")}
        </Button>
      )}
      <div className="col-span-full flex flex-wrap gap-x-4 gap-y-1">
        <span className="text-sm font-semibold">{t("andMachines")}</span>
        {choices.machines.map(({ id, name }) => (
          <label key={id} className="flex items-center gap-1.5 text-sm">
            <input
              type="checkbox"
              value={String(id)}
              className="size-4"
              {...form.register(`rows.${at}.machines`)}
            />
            <bdi>{name}</bdi>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
