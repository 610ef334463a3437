"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { ApiRefusal, ask } from "#app/_lib/api.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { TextArea } from "#app/_ui/desk/field.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type { Correction, CorrectionPreview } from "#server/enterprise/corrections/corrections.contract.ts";
import { Restated } from "./restated.client.tsx";

/** What would be restated, worked out by the code that will save it; then the reason, then the save. */
export function PreviewPanel(props: {
  correction: Correction | null;
  onDone: () => void;
  onDrop: () => void;
}): ReactNode {
  const { correction } = props;
  const t = useTranslations("corrections");
  return (
    <section className="d-panel flex min-w-0 flex-col gap-3 p-4" aria-labelledby="preview-title">
      <h2 id="preview-title" className="font-semibold">
        {t("restates")}
      </h2>
      {correction === null ? (
        <Notice kind="empty" title={t("noPreview")}>
          {t("noPreviewText")}
        </Notice>
      ) : (
        <Asked correction={correction} onDone={props.onDone} onDrop={props.onDrop} />
      )}
    </section>
  );
}

function Asked(props: { correction: Correction; onDone: () => void; onDrop: () => void }): ReactNode {
  const { correction } = props;
  const t = useTranslations("corrections");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const command = useCommand<object, unknown>("/corrections");
  const form = useForm({ defaultValues: { reason: "" } });
  // A preview is of its moment: never kept, never read again behind somebody's back.
  const shown = useQuery<CorrectionPreview>({
    queryKey: ["preview", correction],
    queryFn: ({ signal }) => ask<CorrectionPreview>("/corrections/preview", { correction }, signal),
    retry: false,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { state } = command;
  const changed =
    state.phase === "wrong" &&
    state.error instanceof ApiRefusal &&
    state.error.refusal.code === "preview_changed";
  const save = form.handleSubmit(async ({ reason }) => {
    if (shown.data === undefined) return;
    const { asOf, fingerprint } = shown.data;
    if ((await command.run({ correction, asOf, fingerprint, reason })) !== null) props.onDone();
    // The plant changed since, or something else speaks against it: what would happen now is shown.
    else void shown.refetch();
  });
  if (shown.isPending) return <Skeleton lines={6} label={t("working")} />;
  if (shown.isError)
    return (
      <Notice
        kind="error"
        title={wrong(shown.error)}
        action={
          <Button size="small" onPress={() => void shown.refetch()}>
            {app("retry")}
          </Button>
        }
      />
    );
  return (
    <>
      {changed && <Notice kind="stale" title={t("changedSince")} />}
      <Restated preview={shown.data} />
      <form
        className="flex flex-col gap-3 border-t border-hairline pt-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextArea
          label={t("reason")}
          hint={t("reasonHint")}
          {...form.register("reason", { validate: (text) => text.trim() !== "" || t("required") })}
          problem={form.formState.errors.reason?.message}
        />
        {state.phase === "wrong" && (
          <p role="alert" className="font-semibold">
            {wrong(state.error)}
          </p>
        )}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" tone="primary" busy={command.busy}>
            {t("save")}
          </Button>
          <Button onPress={props.onDrop}>{app("cancel")}</Button>
        </div>
      </form>
    </>
  );
}
