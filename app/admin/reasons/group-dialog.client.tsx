"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { FormDialog } from "#app/_lib/desk/form-dialog.client.tsx";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import type { ReasonGroup } from "#server/execution/reasons/reasons.contract.ts";
import { History } from "../_history/history.client.tsx";

/** Adds a heading, or names it anew; an empty one can be taken away. */
export function GroupDialog(props: {
  group: ReasonGroup | null;
  /** Reasons that stand under it. */
  inUse: number;
  onReread: () => void;
  onClose: () => void;
}): ReactNode {
  const { group } = props;
  const t = useTranslations("admin.reasons");
  const path = group === null ? "/stop-reason-groups" : `/stop-reason-groups/${String(group.id)}`;
  const command = useCommand<object, unknown>(path);
  const form = useForm({ defaultValues: { name: group?.name ?? "" } });
  const save = form.handleSubmit(async ({ name }) => {
    if ((await command.run({ name })) !== null) props.onClose();
  });
  return (
    <FormDialog
      title={t(group === null ? "addGroup" : "changeGroup")}
      word={t(group === null ? "addIt" : "save")}
      command={command}
      onSave={() => void save()}
      onClose={props.onClose}
    >
      <TextField
        label={t("groupName")}
        {...form.register("name", { required: t("required"), maxLength: 40 })}
        problem={form.formState.errors.name?.message}
      />
      {group !== null && (
        <>
          <div className="self-end">
            <Button
              busy={command.busy}
              why={props.inUse > 0 ? t("groupInUse", { count: props.inUse }) : null}
              onPress={() =>
                void command.run({}, `${path}/remove`).then((done) => {
                  if (done !== null) props.onClose();
                })
              }
            >
              {t("removeGroup")}
            </Button>
          </div>
          <div className="border-t border-hairline pt-3 sm:col-span-2">
            <History objectType="stop_reason_group" objectId={group.id} onUndone={props.onReread} />
          </div>
        </>
      )}
    </FormDialog>
  );
}
