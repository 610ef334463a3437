"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { ReflexView } from "#server/execution/reflexes/reflexes.contract.ts";
import type { TagView } from "#server/execution/tags/tags.contract.ts";
import { draftOf, formOf, opsOf, type ReflexForm } from "./reflex-form.ts";
import { TrialWords, useReflexTrial } from "./reflex-trial.client.tsx";

const days = 7;

/** Makes a reflex or changes one: filled in, tried on the last days, then saved for the edge's signed document. */
export function ReflexDialog(props: {
  reflex: ReflexView | null;
  tags: readonly TagView[];
  onClose: (saved: boolean) => void;
}): ReactNode {
  const { reflex, tags, onClose } = props;
  const t = useTranslations("admin.reflexes");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const save = useCommand<object, object>("/reflexes");
  const { trial, run } = useReflexTrial();
  const machines = [...new Map(tags.map((tag) => [tag.machineId, tag.machineCode]))];
  const form = useForm<ReflexForm>({ defaultValues: formOf(reflex, String(machines[0]?.[0] ?? "")) });
  const [machine, tagId, action, stopTagId] = useWatch({
    control: form.control,
    name: ["machine", "tag", "action", "stopTag"],
  });
  const own = tags.filter((tag) => String(tag.machineId) === machine);
  const tag = own.find(({ id }) => String(id) === tagId);
  const stopTag = own.find(({ id }) => String(id) === stopTagId);
  const { errors } = form.formState;

  const withDraft = (act: (draft: object) => Promise<void>) =>
    form.handleSubmit(async (fields) => {
      const filled = draftOf(fields, own);
      if ("wrong" in filled) return form.setError(filled.wrong, { message: t(`problem.${filled.why}`) });
      await act(filled.draft);
    });
  const press = withDraft(async (draft) => {
    const known = reflex === null ? {} : { reflexId: reflex.id, version: reflex.version };
    if ((await save.run({ ...draft, ...known })) !== null) onClose(true);
  });
  const attempt = withDraft((draft) => run({ ...draft, days }));
  const choose = (of: readonly TagView[]) => [
    { value: "", label: t("choose") },
    ...of.map(({ id, name }) => ({ value: String(id), label: name })),
  ];
  const refused = save.state.phase === "wrong" ? save.state.error : null;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose(false);
      }}
      title={reflex === null ? t("addTitle") : t("changeTitle")}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={() => onClose(false)}>{app("cancel")}</Button>
          <Button busy={trial.phase === "running"} onPress={() => void attempt()}>
            {t("try", { days })}
          </Button>
          <Button tone="primary" busy={save.busy} onPress={() => void press()}>
            {t("sign")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void press();
        }}
      >
        {refused !== null && (
          <p role="alert" className="font-semibold">
            {wrong(refused)}
          </p>
        )}
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField
            label={t("machine")}
            disabled={reflex !== null}
            options={machines.map(([id, code]) => ({ value: String(id), label: code }))}
            {...form.register("machine", { onChange: () => form.setValue("tag", "") })}
          />
          <SelectField
            label={t("tag")}
            problem={errors.tag?.message}
            options={choose(own)}
            {...form.register("tag", {
              onChange: () => form.setValue("op", opsOf(tagOf(own, form.getValues("tag")))[0] ?? "="),
            })}
          />
          <SelectField
            label={t("op")}
            options={opsOf(tag?.datatype ?? "number").map((op) => ({
              value: op,
              label: t(`ops.${opKeys[op]}`),
            }))}
            {...form.register("op")}
          />
          <ValueField
            label={tag?.unit == null ? t("value") : t("valueIn", { unit: tag.unit })}
            datatype={tag?.datatype ?? "number"}
            problem={errors.value?.message}
            field={form.register("value")}
          />
          <TextField
            label={t("seconds")}
            hint={t("secondsHint")}
            inputMode="decimal"
            problem={errors.seconds?.message}
            {...form.register("seconds")}
          />
          {(tag?.datatype ?? "number") === "number" && (
            <TextField
              label={t("hysteresis")}
              hint={t("hysteresisHint")}
              inputMode="decimal"
              problem={errors.hysteresis?.message}
              {...form.register("hysteresis")}
            />
          )}
        </div>
        <SelectField
          label={t("does")}
          hint={t(`hint.${action}`)}
          options={(["report", "block_remote", "request_stop"] as const).map((value) => ({
            value,
            label: t(`action.${value}`),
          }))}
          {...form.register("action")}
        />
        {action === "request_stop" && (
          <div className="grid gap-3 sm:grid-cols-2">
            <SelectField
              label={t("stopTag")}
              problem={errors.stopTag?.message}
              options={choose(
                own.filter(({ id, meaning }) => meaning === "setpoint" && String(id) !== tagId),
              )}
              {...form.register("stopTag")}
            />
            <ValueField
              label={t("stopValue")}
              datatype={stopTag?.datatype ?? "boolean"}
              problem={errors.stopValue?.message}
              field={form.register("stopValue")}
            />
            <div className="sm:col-span-2">
              <TextField
                label={t("assessment")}
                hint={t("assessmentHint")}
                problem={errors.assessment?.message}
                {...form.register("assessment")}
              />
            </div>
          </div>
        )}
        <TrialWords trial={trial} unit={tag?.unit ?? null} />
      </form>
    </Dialog>
  );
}

const opKeys = { ">": "over", "<": "under", "=": "is", "!=": "isNot" } as const;

function tagOf(tags: readonly TagView[], id: string): TagView["datatype"] {
  return tags.find((tag) => String(tag.id) === id)?.datatype ?? "number";
}

/** A value of a tag's own kind: yes or no is chosen, the rest is typed. */
function ValueField(props: {
  label: string;
  datatype: TagView["datatype"];
  problem: string | undefined;
  field: ReturnType<ReturnType<typeof useForm<ReflexForm>>["register"]>;
}): ReactNode {
  const t = useTranslations("admin.reflexes");
  const { label, datatype, problem, field } = props;
  if (datatype !== "boolean")
    return (
      <TextField
        label={label}
        inputMode={datatype === "number" ? "decimal" : "text"}
        problem={problem}
        {...field}
      />
    );
  const options = [
    { value: "", label: t("choose") },
    { value: "true", label: t("yes") },
    { value: "false", label: t("no") },
  ];
  return <SelectField label={label} options={options} problem={problem} {...field} />;
}
