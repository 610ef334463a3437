"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import type { TagView } from "#server/execution/tags/tags.contract.ts";
import { guessTag } from "./guess.ts";
import { SeenWords } from "./seen-value.client.tsx";
import { TagFields } from "./tag-fields.client.tsx";
import { changed, settingsOf, tagFormOf, type TagForm, wrongNumber } from "./tag-form.ts";

/** A metric that waits for its tag. */
export interface NewMetric {
  readonly metric: string;
  readonly datatype: "number" | "text" | "boolean";
  readonly unit: string | null;
  readonly value?: string | number | boolean | null;
}

/** Gives a metric its tag, or changes one. What the name and the source say already is filled in. */
export function TagDialog(props: {
  sourceId: number;
  machines: readonly { id: number; code: string; name: string }[];
  /** The machine of the tag that was mapped last: its neighbours mostly belong to it. */
  machineId: number | null;
  of: NewMetric | TagView;
  onClose: (saved: { machineId: number } | null) => void;
}): ReactNode {
  const { sourceId, machines, of, onClose } = props;
  const t = useTranslations("admin.sources");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const save = useCommand<object, { tagId: number }>("/tags");
  const tag = "id" in of ? of : null;
  const guess = guessTag(of.metric, of.datatype);
  const form = useForm<TagForm>({
    defaultValues:
      tag === null
        ? tagFormOf(
            { ...guess, unit: of.unit },
            String(
              props.machineId ??
                machines.find(({ code }) => of.metric.includes(code))?.id ??
                machines[0]?.id ??
                "",
            ),
            guess.datatype,
          )
        : tagFormOf(tag, String(tag.machineId), tag.datatype),
  });
  const { errors } = form.formState;
  const press = form.handleSubmit(async (fields) => {
    const bad = wrongNumber(fields);
    if (bad !== null) return form.setError(bad, { message: t("noNumber", { field: t(bad) }) });
    const settings = settingsOf(fields);
    const { machine, datatype } = fields;
    const done =
      tag === null
        ? await save.run({ ...settings, sourceId, metric: of.metric, datatype, machineId: Number(machine) })
        : await save.run(changed(tag, settings), `/tags/${String(tag.id)}`);
    if (done !== null) onClose({ machineId: Number(machine) });
  });
  const problem = Object.values(errors).find((error) => error?.message !== undefined)?.message;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose(null);
      }}
      title={tag === null ? t("mapTitle") : t("changeTitle")}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={() => onClose(null)}>{app("cancel")}</Button>
          <Button tone="primary" busy={save.busy} onPress={() => void press()}>
            {t("save")}
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
        <p className="flex flex-wrap items-baseline justify-between gap-2">
          <bdi className="font-mono text-sm break-all" dir="ltr">
            {of.metric}
          </bdi>
          {tag === null && <SeenWords value={(of as NewMetric).value} unit={of.unit} />}
        </p>
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
        <TagFields form={form} {...(tag === null ? { machines } : {})} asksDatatype={tag === null} />
      </form>
    </Dialog>
  );
}
