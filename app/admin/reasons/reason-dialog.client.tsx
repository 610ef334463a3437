"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { useGroupWords } from "#app/_lib/reason-words.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { ReasonGroup, StopReasonRecord } from "#server/execution/reasons/reasons.contract.ts";
import { History } from "../_history/history.client.tsx";
import { countsAs, waysToCount } from "./counts-as.ts";

/** Adds a reason, or changes one; below it what happened to it, and how to take that back. */
export function ReasonDialog(props: {
  reason: StopReasonRecord | null;
  groupId: number | null;
  groups: readonly ReasonGroup[];
  kinds: readonly string[];
  onReread: () => void;
  onClose: () => void;
}): ReactNode {
  const { reason, groups } = props;
  const t = useTranslations("admin.reasons");
  const groupName = useGroupWords();
  const command = useCommand<object, unknown>(
    reason === null ? "/stop-reasons" : `/stop-reasons/${String(reason.id)}`,
  );
  const form = useForm({
    defaultValues: {
      name: reason?.name ?? "",
      group: String(props.groupId ?? ""),
      counts: countsAs(reason ?? { planned: false, changeover: false }),
      kind: reason?.machineKind ?? "",
    },
  });
  const counts = useWatch({ control: form.control, name: "counts" });
  const save = form.handleSubmit(async ({ name, group, counts: way, kind }) => {
    const said = {
      name,
      groupId: group === "" ? null : Number(group),
      machineKind: kind === "" ? null : kind,
      ...(reason !== null && countsAs(reason) === way
        ? {}
        : { planned: way === "planned", changeover: way === "setup" }),
    };
    if ((await command.run(said)) !== null) props.onClose();
  });
  const kinds = [...new Set([...props.kinds, ...(reason?.machineKind == null ? [] : [reason.machineKind])])];
  const moved = reason !== null && counts !== countsAs(reason);
  return (
    <FormDialog
      title={reason === null ? t("add") : t("change")}
      word={t(reason === null ? "addIt" : "save")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <TextField
        label={t("name")}
        hint={t("nameHint")}
        {...form.register("name", { required: t("required"), maxLength: 60 })}
        problem={form.formState.errors.name?.message}
      />
      <SelectField
        label={t("group")}
        options={[
          ...groups.map((group) => ({ value: String(group.id), label: groupName(group) })),
          { value: "", label: t("noGroup") },
        ]}
        {...form.register("group")}
      />
      <SelectField
        label={t("counts")}
        hint={moved ? t("countsFromNow") : t(`countsHint.${counts}`)}
        options={waysToCount.map((value) => ({ value, label: t(`countsAs.${value}`) }))}
        {...form.register("counts")}
      />
      <SelectField
        label={t("for")}
        options={[{ value: "", label: t("everyKind") }, ...kinds.map((value) => ({ value, label: value }))]}
        {...form.register("kind")}
      />
      {reason !== null && (
        <div className="border-t border-hairline pt-3 sm:col-span-2">
          <History
            objectType="stop_reason"
            objectId={reason.id}
            onUndone={props.onReread}
            say={(field, value) =>
              field === "groupId"
                ? groupLabel(
                    groups.find(({ id }) => id === value),
                    groupName,
                    t("noGroup"),
                  )
                : field === "machineKind" && value === null
                  ? t("everyKind")
                  : undefined
            }
          />
        </div>
      )}
    </FormDialog>
  );
}

function groupLabel(
  group: ReasonGroup | undefined,
  name: (group: ReasonGroup) => string,
  none: string,
): string {
  return group === undefined ? none : name(group);
}
