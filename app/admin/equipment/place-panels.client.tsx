"use client";

import { ArrowDown, ArrowUp } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import { codeOf } from "#server/core/code-of.rules.ts";
import type { PlantArea, PlantLine } from "#server/execution/plant/plant.contract.ts";
import { History } from "../_history/history.client.tsx";
import { StepForm, wrongOf } from "../setup/step-form.client.tsx";
import type { PanelProps } from "./equipment-page.client.tsx";
import { UseSwitch } from "./use-switch.client.tsx";

/** The works: its name and zone, and what can be added below it. */
export function SitePanel({ plant, onSaved }: PanelProps): ReactNode {
  const t = useTranslations("admin.equipment");
  const codes = [...plant.areas, ...plant.lines].map(({ code }) => code);
  const site = plant.site;
  return (
    <>
      <h2 className="text-lg font-semibold">
        <bdi>{site?.name ?? t("noSite")}</bdi>
      </h2>
      {site !== null && (
        <>
          <NameForm
            path="/plant/site"
            name={site.name}
            extra={{ timeZone: site.timeZone }}
            onSaved={onSaved}
          />
          <AddForm level="area" path="/plant/areas" codes={codes} onSaved={onSaved} />
          <AddForm level="line" path="/plant/lines" codes={codes} onSaved={onSaved} />
          <History objectType="equipment" objectId={site.id} onUndone={onSaved} />
        </>
      )}
    </>
  );
}

export function AreaPanel({ area, onSaved }: PanelProps & { area: PlantArea }): ReactNode {
  const path = `/plant/areas/${String(area.id)}`;
  return (
    <>
      <h2 className="text-lg font-semibold">
        <bdi>{area.name}</bdi>
      </h2>
      <NameForm path={path} name={area.name} onSaved={onSaved} />
      <UseSwitch path={`${path}/use`} retiredAt={area.retiredAt} onSaved={onSaved} />
      <History objectType="equipment" objectId={area.id} onUndone={onSaved} />
    </>
  );
}

/** A line: its name, its area, and the order in which the product passes its machines. */
export function LinePanel({ plant, line, onSaved }: PanelProps & { line: PlantLine }): ReactNode {
  const t = useTranslations("admin.equipment");
  const path = `/plant/lines/${String(line.id)}`;
  const move = useCommand<object, unknown>(path);
  const nameOf = (id: unknown) =>
    plant.lines.flatMap(({ machines }) => machines).find((m) => m.id === id)?.name ?? String(id);
  return (
    <>
      <header>
        <h2 className="text-lg font-semibold">
          <bdi>{line.name}</bdi>
        </h2>
        <p className="text-ink-2">
          {t("code")} <bdi>{line.code}</bdi>
        </p>
      </header>
      <NameForm path={path} name={line.name} onSaved={onSaved} />
      {plant.areas.length > 0 && (
        <SelectField
          label={t("area")}
          value={String(line.areaId ?? "")}
          options={[
            { value: "", label: t("noArea") },
            ...plant.areas
              .filter((area) => area.retiredAt === null || area.id === line.areaId)
              .map((area) => ({ value: String(area.id), label: area.name })),
          ]}
          onChange={({ target: { value } }) =>
            void move.run({ areaId: value === "" ? null : Number(value) }).then(onSaved)
          }
        />
      )}
      <Flow line={line} onSaved={onSaved} />
      <UseSwitch path={`${path}/use`} retiredAt={line.retiredAt} onSaved={onSaved} />
      <History
        objectType="equipment"
        objectId={line.id}
        onUndone={onSaved}
        say={(field, value) => {
          if (field === "machineIds" && Array.isArray(value)) return value.map(nameOf).join(" › ");
          return field === "areaId" ? plant.areas.find(({ id }) => id === value)?.name : undefined;
        }}
      />
    </>
  );
}

function Flow({ line, onSaved }: { line: PlantLine; onSaved: () => void }): ReactNode {
  const t = useTranslations("admin.equipment");
  const wrong = useErrorWords();
  const order = useCommand<object, unknown>(`/plant/lines/${String(line.id)}/order`);
  const ids = line.machines.map(({ id }) => id);
  const swap = (i: number, with_: number) => {
    const machineIds = [...ids];
    [machineIds[i], machineIds[with_]] = [ids[with_] ?? 0, ids[i] ?? 0];
    void order.run({ machineIds }).then(onSaved);
  };
  return (
    <section className="border-t border-hairline pt-4">
      <h3 className="pb-1 font-semibold">{t("flow")}</h3>
      {order.state.phase === "wrong" && <p role="alert">{wrong(order.state.error)}</p>}
      {line.machines.length === 0 && <p className="text-ink-2">{t("noMachines")}</p>}
      <ol className="divide-y divide-hairline">
        {line.machines.map((machine, i) => (
          <li key={machine.id} className="flex items-center justify-between gap-3 py-1.5">
            <span>
              <span className="text-ink-2 tabular-nums">{i + 1}.</span> <bdi>{machine.name}</bdi>
            </span>
            <span className="flex gap-1">
              <Button
                size="small"
                label={t("earlier", { name: machine.name })}
                busy={order.busy}
                why={i === 0 ? t("isFirst") : null}
                onPress={() => swap(i, i - 1)}
              >
                <ArrowUp className="size-4" aria-hidden="true" />
              </Button>
              <Button
                size="small"
                label={t("later", { name: machine.name })}
                busy={order.busy}
                why={i === ids.length - 1 ? t("isLast") : null}
                onPress={() => swap(i, i + 1)}
              >
                <ArrowDown className="size-4" aria-hidden="true" />
              </Button>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function NameForm(props: { path: string; name: string; extra?: object; onSaved: () => void }): ReactNode {
  const t = useTranslations("admin.equipment");
  const save = useCommand<object, unknown>(props.path);
  const form = useForm({ values: { name: props.name } });
  return (
    <StepForm
      word={t("save")}
      busy={save.busy}
      wrong={wrongOf([save.state])}
      onSave={() =>
        void form.handleSubmit(async (fields) => {
          if ((await save.run({ ...fields, ...props.extra })) !== null) props.onSaved();
        })()
      }
    >
      <TextField
        label={t("name")}
        {...form.register("name", { required: t("required") })}
        problem={form.formState.errors.name?.message}
      />
    </StepForm>
  );
}

function AddForm(props: {
  level: "area" | "line";
  path: string;
  codes: readonly string[];
  onSaved: () => void;
}): ReactNode {
  const t = useTranslations("admin.equipment");
  const add = useCommand<object, unknown>(props.path);
  const form = useForm({ defaultValues: { name: "" } });
  return (
    <div className="border-t border-hairline pt-4">
      <StepForm
        word={t(`add.${props.level}`)}
        busy={add.busy}
        wrong={wrongOf([add.state])}
        onSave={() =>
          void form.handleSubmit(async ({ name }) => {
            const code = codeOf(name, props.level, props.codes);
            if ((await add.run({ code, name })) === null) return;
            form.reset();
            props.onSaved();
          })()
        }
      >
        <TextField
          label={t(`new.${props.level}`)}
          {...form.register("name", { required: t("required") })}
          problem={form.formState.errors.name?.message}
        />
      </StepForm>
    </div>
  );
}
