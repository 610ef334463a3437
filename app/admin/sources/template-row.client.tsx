"use client";

import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import type { TagTemplateView } from "#server/execution/tags/templates.contract.ts";
import { limitsText } from "./limits.ts";
import { TagFields } from "./tag-fields.client.tsx";
import { changed, settingsOf, tagFormOf, type TagForm, wrongNumber } from "./tag-form.ts";

type Row = TagTemplateView["rows"][number];

/** One metric of a template; a change says how many tags follow it before it is made. */
export function TemplateRow(props: { row: Row; onSaved: () => void }): ReactNode {
  const { row, onSaved } = props;
  const { settings } = row;
  const t = useTranslations("admin.sources");
  const meaning = useTranslations("meaning");
  const [open, setOpen] = useState(false);
  const limits = limitsText(useLocale(), settings.low, settings.high);
  return (
    <tr>
      <td data-head={t("metric")}>
        <bdi className="font-mono text-sm break-all">{row.metric}</bdi>
      </td>
      <td data-head={t("name")}>{settings.name}</td>
      <td data-head={t("meaning")}>{meaning(settings.meaning)}</td>
      <td data-head={t("unit")}>{settings.unit ?? "–"}</td>
      <td data-head={t("limits")}>
        <bdi dir="ltr">{limits}</bdi>
      </td>
      <td data-head={t("deadband")}>{settings.deadband ?? 0}</td>
      <td data-head={t("followers")}>{row.tags}</td>
      <td data-head={t("deed")}>
        <Button size="small" onPress={() => setOpen(true)}>
          {t("change")}
        </Button>
        {open && (
          <RowDialog
            row={row}
            onClose={(saved) => {
              setOpen(false);
              if (saved) onSaved();
            }}
          />
        )}
      </td>
    </tr>
  );
}

function RowDialog(props: { row: Row; onClose: (saved: boolean) => void }): ReactNode {
  const { row, onClose } = props;
  const t = useTranslations("admin.sources");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const save = useCommand<object, unknown>(`/tag-templates/rows/${String(row.id)}`);
  const form = useForm<TagForm>({ defaultValues: tagFormOf(row.settings, "", row.settings.datatype) });
  const press = form.handleSubmit(async (fields) => {
    const bad = wrongNumber(fields);
    if (bad !== null) return form.setError(bad, { message: t("noNumber", { field: t(bad) }) });
    if ((await save.run({ settings: changed(row.settings, settingsOf(fields)) })) !== null) onClose(true);
  });
  const problem = Object.values(form.formState.errors).find((error) => error?.message !== undefined)?.message;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose(false);
      }}
      title={t("changeRow", { count: row.tags })}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={() => onClose(false)}>{app("cancel")}</Button>
          <Button tone="primary" busy={save.busy} onPress={() => void press()}>
            {t("save")}
          </Button>
        </>
      }
    >
      {save.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(save.state.error)}
        </p>
      )}
      {problem !== undefined && (
        <p role="alert" className="font-semibold">
          {problem}
        </p>
      )}
      <TagFields form={form} asksDatatype={false} />
    </Dialog>
  );
}
