"use client";

import { useTimeZone, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { fromLocalInput } from "#app/_lib/local-time.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { PlantRange, PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { PlacedAsset } from "#server/execution/plant/assets.contract.ts";

/** Which physical machine stands at this place, and which stood there before. */
export function AssetSection(props: { machineId: number; onSaved: () => void }): ReactNode {
  const t = useTranslations("admin.equipment");
  const wrong = useErrorWords();
  const path = `/plant/machines/${String(props.machineId)}`;
  const [placing, setPlacing] = useState(false);
  const { data, error, reread } = useRecord<readonly PlacedAsset[]>({
    path: `${path}/assets`,
    scopes: ["plant"],
    topics: ["plant."],
  });
  const remove = useCommand<object, unknown>(`${path}/asset/remove`);
  const saved = () => {
    reread();
    props.onSaved();
  };
  const here = data?.find(({ until }) => until === null);
  const before = data?.filter(({ until }) => until !== null) ?? [];
  return (
    <section aria-labelledby="asset" className="flex flex-col gap-2">
      <h3 id="asset" className="font-semibold">
        {t("asset")}
      </h3>
      <p className="text-sm text-ink-2">{t("assetText")}</p>
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {remove.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(remove.state.error)}
        </p>
      )}
      {data !== undefined && (
        <p>
          {here === undefined ? (
            t("assetNone")
          ) : (
            <>
              <bdi className="font-semibold">{here.serial}</bdi> <bdi>{here.name}</bdi>
              {here.from !== null && (
                <span className="text-ink-2">
                  {" "}
                  {t("assetSince")} <PlantTime at={here.from} day />
                </span>
              )}
            </>
          )}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button onPress={() => setPlacing(true)}>{t("placeAsset")}</Button>
        {here !== undefined && (
          <Button busy={remove.busy} onPress={() => void remove.run({}).then(saved)}>
            {t("removeAsset")}
          </Button>
        )}
      </div>
      {before.length > 0 && (
        <details>
          <summary className="d-link cursor-pointer">{t("assetWas")}</summary>
          <ul className="pt-1">
            {before.map(({ assetId, serial, name, from, until }) => (
              <li key={`${assetId} ${String(from)}`}>
                <bdi className="font-semibold">{serial}</bdi> <bdi>{name}</bdi>{" "}
                <span className="text-ink-2">
                  <PlantRange from={from} until={until} day />
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {placing && (
        <PlaceDialog
          path={`${path}/asset`}
          onClose={() => {
            setPlacing(false);
            saved();
          }}
        />
      )}
    </section>
  );
}

function PlaceDialog(props: { path: string; onClose: () => void }): ReactNode {
  const t = useTranslations("admin.equipment");
  const zone = useTimeZone() ?? "UTC";
  const command = useCommand<object, unknown>(props.path);
  const form = useForm({ defaultValues: { serial: "", name: "", from: "" } });
  const save = form.handleSubmit(async ({ serial, name, from }) => {
    const at = from === "" ? null : fromLocalInput(from, zone);
    const said = { serial, ...(name.trim() === "" ? {} : { name }), ...(at === null ? {} : { at }) };
    if ((await command.run(said)) !== null) props.onClose();
  });
  return (
    <FormDialog
      title={t("placeAsset")}
      word={t("save")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <TextField
        label={t("serial")}
        {...form.register("serial", { required: t("required"), maxLength: 60 })}
        problem={form.formState.errors.serial?.message}
      />
      <TextField label={t("model")} hint={t("modelHint")} {...form.register("name", { maxLength: 80 })} />
      <TextField
        label={t("assetFrom")}
        hint={t("assetFromHint")}
        type="datetime-local"
        {...form.register("from")}
      />
    </FormDialog>
  );
}
