"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { CommandHandle } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";

/** A question with a form: what was refused stands above its fields, and what was typed stays. */
export function FormDialog(props: {
  title: string;
  word: string;
  text?: string;
  command: Pick<CommandHandle<object, unknown>, "state" | "busy">;
  onSave: () => void;
  onClose: () => void;
  children: ReactNode;
}): ReactNode {
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const { command } = props;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) props.onClose();
      }}
      title={props.title}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={props.onClose}>{app("cancel")}</Button>
          <Button tone="primary" busy={command.busy} onPress={props.onSave}>
            {props.word}
          </Button>
        </>
      }
    >
      {props.text !== undefined && <p className="text-ink-2">{props.text}</p>}
      {command.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(command.state.error)}
        </p>
      )}
      <form
        className="grid gap-3 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          props.onSave();
        }}
      >
        {props.children}
      </form>
    </Dialog>
  );
}
