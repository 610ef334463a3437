"use client";

import { useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { fromLocalInput, toLocalInput } from "#app/_lib/local-time.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { Correction, RunToCorrect } from "#server/enterprise/corrections/corrections.contract.ts";
import type { LotView } from "#server/execution/materials/materials.contract.ts";
import type { MachineName } from "./corrections-page.client.tsx";

const kinds = ["finish", "period", "machine", "count", "lot"] as const;
type Kind = (typeof kinds)[number];

interface Fields {
  kind: Kind;
  start: string;
  end: string;
  toMachine: string;
  toPosition: string;
  makeRoom: boolean;
  from: string;
  to: string;
  good: string;
  scrap: string;
  wrongLot: string;
  lot: string;
}

const wholeNumber = (text: string) => /^\d+$/.test(text.trim());

/** What was wrong with the chosen run, and what is right. Nothing is saved here: it asks for the preview. */
export function CorrectionForm(props: {
  machine: MachineName;
  machines: readonly MachineName[];
  run: RunToCorrect | null;
  now: number;
  onAsk: (correction: Correction) => void;
}): ReactNode {
  const { machine, run, now } = props;
  const t = useTranslations("corrections");
  const zone = useTimeZone() ?? "UTC";
  const local = (at: number) => toLocalInput(at, zone);
  const others = props.machines.filter((one) => one.id !== machine.id);
  const used = run?.lots.filter((lot) => lot.role === "in") ?? [];
  const form = useForm<Fields>({
    defaultValues: {
      kind: run !== null && run.end === null ? "finish" : "period",
      start: local(run?.start ?? now),
      end: run === null || run.end === null ? "" : local(run.end),
      toMachine: String(others[0]?.id ?? ""),
      toPosition: "1",
      makeRoom: false,
      from: local(run?.start ?? now),
      to: local(run?.end ?? now),
      good: run === null ? "" : String(run.good),
      scrap: run === null ? "" : String(run.scrap),
      wrongLot: used[0]?.lotId ?? "",
      lot: "",
    },
  });
  const kind = useWatch({ control: form.control, name: "kind" });
  const lots = useRecord<readonly LotView[]>({
    path: kind === "lot" ? "/lots" : null,
    scopes: ["plant"],
    topics: ["lot."],
  });
  const { errors } = form.formState;
  const time = (name: "start" | "end" | "from" | "to", needed = true) => (
    <TextField
      label={t(name)}
      type="datetime-local"
      step={1}
      {...form.register(name, {
        validate: (text) => !needed || fromLocalInput(text, zone) !== null || t("required"),
      })}
      problem={errors[name]?.message}
    />
  );
  const parts = (name: "good" | "scrap") => (
    <TextField
      label={t(name)}
      inputMode="numeric"
      {...form.register(name, { validate: (text) => wholeNumber(text) || t("required") })}
      problem={errors[name]?.message}
    />
  );
  const ask = form.handleSubmit((fields) => {
    if (run === null) return;
    props.onAsk(correctionOf(fields, { machineId: machine.id, runId: run.runId }, zone));
  });
  // A run that has ended cannot have been forgotten.
  const offered = kinds.filter((one) => one !== "finish" || run === null || run.end === null);
  return (
    <section className="d-panel flex flex-col gap-3 p-4" aria-labelledby="what-title">
      <h2 id="what-title" className="font-semibold">
        {t("what")}
      </h2>
      <form
        className="grid gap-3 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <div className="sm:col-span-2">
          <SelectField
            label={t("kind")}
            hint={t(`hint.${kind}`)}
            options={offered.map((value) => ({ value, label: t(`kinds.${value}`) }))}
            {...form.register("kind")}
          />
        </div>
        {kind === "period" && time("start")}
        {(kind === "period" || kind === "finish") && time("end", run?.end !== null || kind === "finish")}
        {kind === "machine" && (
          <>
            <SelectField
              label={t("toMachine")}
              options={others.map((one) => ({ value: String(one.id), label: one.name }))}
              {...form.register("toMachine")}
            />
            <TextField
              label={t("toPosition")}
              inputMode="numeric"
              {...form.register("toPosition", {
                validate: (text) => (wholeNumber(text) && Number(text) > 0) || t("required"),
              })}
              problem={errors.toPosition?.message}
            />
          </>
        )}
        {(kind === "period" || kind === "machine") && (
          <label className="flex items-center gap-2 sm:col-span-2">
            <input type="checkbox" className="size-4" {...form.register("makeRoom")} />
            {t("makeRoom")}
          </label>
        )}
        {kind === "count" && (
          <>
            {time("from")}
            {time("to")}
            {parts("good")}
            {parts("scrap")}
          </>
        )}
        {kind === "lot" && (
          <>
            <SelectField
              label={t("wrongLot")}
              options={[
                ...used.map((lot) => ({ value: lot.lotId, label: lot.code })),
                { value: "", label: t("forgotten") },
              ]}
              {...form.register("wrongLot")}
            />
            <SelectField
              label={t("rightLot")}
              options={[
                { value: "", label: t("noLot") },
                ...(lots.data ?? []).map((lot) => ({ value: lot.id, label: `${lot.code} ${lot.name}` })),
              ]}
              {...form.register("lot")}
            />
          </>
        )}
        <div className="sm:col-span-2">
          <Button type="submit" tone="primary" why={run === null ? t("chooseRun") : null}>
            {t("preview")}
          </Button>
        </div>
      </form>
    </section>
  );
}

function correctionOf(
  fields: Fields,
  at: { readonly machineId: number; readonly runId: string },
  zone: string,
): Correction {
  const instant = (text: string) => fromLocalInput(text, zone) ?? 0;
  const { makeRoom } = fields;
  switch (fields.kind) {
    case "finish":
      return { kind: "finish", ...at, end: instant(fields.end) };
    case "period":
      return {
        kind: "period",
        ...at,
        start: instant(fields.start),
        end: fromLocalInput(fields.end, zone),
        makeRoom,
      };
    case "machine":
      return {
        kind: "machine",
        ...at,
        toMachineId: Number(fields.toMachine),
        toPosition: Number(fields.toPosition),
        makeRoom,
      };
    case "count":
      return {
        kind: "count",
        machineId: at.machineId,
        from: instant(fields.from),
        to: instant(fields.to),
        good: Number(fields.good),
        scrap: Number(fields.scrap),
      };
    case "lot":
      return {
        kind: "lot",
        ...at,
        wrongLotId: fields.wrongLot === "" ? null : fields.wrongLot,
        lotId: fields.lot === "" ? null : fields.lot,
      };
  }
}
