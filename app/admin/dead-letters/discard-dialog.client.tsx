"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { TextArea } from "#app/_ui/desk/field.tsx";
import type { LetterGroup } from "#server/execution/ingest/dead-letters.contract.ts";

const atOnce = 2000;

/** Asks why letters are put away; they stay in the record with that reason. */
export function DiscardDialog(props: {
  group: LetterGroup;
  onClose: (discarded: boolean) => void;
}): ReactNode {
  const { group, onClose } = props;
  const t = useTranslations("admin.letters");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const discard = useCommand<object, { discarded: number }>("/dead-letters/discard");
  const form = useForm({ defaultValues: { reason: "" } });
  const press = form.handleSubmit(async ({ reason }) => {
    for (let from = 0; from < group.ids.length; from += atOnce) {
      if ((await discard.run({ ids: group.ids.slice(from, from + atOnce), reason })) === null) return;
    }
    onClose(true);
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose(false);
      }}
      title={t("discardTitle", { count: group.letters })}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={() => onClose(false)}>{app("cancel")}</Button>
          <Button tone="primary" busy={discard.busy} onPress={() => void press()}>
            {t("discard")}
          </Button>
        </>
      }
    >
      {discard.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(discard.state.error)}
        </p>
      )}
      <TextArea
        label={t("discardWhy")}
        {...form.register("reason", { required: t("required") })}
        problem={form.formState.errors.reason?.message}
      />
    </Dialog>
  );
}
