"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { TextArea } from "#app/_ui/desk/field.tsx";
import type { LotStock } from "#server/execution/materials/materials.contract.ts";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";

/** Blocks a lot (and what was made from it) or frees it, always with a reason. */
export function HoldDialog(props: { lot: LotStock; onClose: () => void }): ReactNode {
  const { lot } = props;
  const t = useTranslations("materials");
  const deed = lot.hold === null ? "hold" : "release";
  const command = useCommand<object, unknown>(`/lots/${lot.id}/${deed}`);
  const form = useForm({ defaultValues: { reason: "", descendants: true } });
  const save = form.handleSubmit(async ({ reason, descendants }) => {
    const input = deed === "hold" ? { reason, descendants } : { reason };
    if ((await command.run(input)) !== null) props.onClose();
  });
  return (
    <FormDialog
      title={t(deed === "hold" ? "blockLot" : "releaseLot", { lot: lot.code })}
      word={t(deed === "hold" ? "block" : "release")}
      text={t(deed === "hold" ? "blockText" : "releaseText")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <div className="sm:col-span-2">
        <TextArea
          label={t("reason")}
          {...form.register("reason", { required: t("required") })}
          problem={form.formState.errors.reason?.message}
        />
      </div>
      {deed === "hold" && (
        <label className="flex items-center gap-2 sm:col-span-2">
          <input type="checkbox" className="size-4" {...form.register("descendants")} />
          {t("descendants")}
        </label>
      )}
    </FormDialog>
  );
}
