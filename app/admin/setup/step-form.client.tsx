"use client";

import type { ReactNode } from "react";
import type { ApiFailure, ApiRefusal, ApiUnreachable } from "#app/_lib/api.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import type { CommandState } from "#app/_lib/use-command.client.ts";

/** What went wrong with any of the commands of a form, the first one first. */
export function wrongOf(
  states: readonly CommandState<unknown>[],
): ApiRefusal | ApiFailure | ApiUnreachable | null {
  const wrong = states.find((state) => state.phase === "wrong");
  return wrong?.phase === "wrong" ? wrong.error : null;
}

/** A step's fields with one button; what was refused stands above it, and what was typed stays. */
export function StepForm(props: {
  onSave: () => void;
  busy: boolean;
  word: string;
  wrong: ApiRefusal | ApiFailure | ApiUnreachable | null;
  why?: string | null;
  children: ReactNode;
}): ReactNode {
  const words = useErrorWords();
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!props.busy && (props.why ?? null) === null) props.onSave();
      }}
    >
      <div className="grid gap-3 sm:grid-cols-2">{props.children}</div>
      {props.wrong !== null && (
        <p role="alert" className="font-semibold">
          {words(props.wrong)}
        </p>
      )}
      <div>
        <Button type="submit" tone="primary" busy={props.busy} why={props.why ?? null}>
          {props.word}
        </Button>
      </div>
    </form>
  );
}
