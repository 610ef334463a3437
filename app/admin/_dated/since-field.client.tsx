"use client";

import { useTimeZone, useTranslations } from "next-intl";
import type { ReactNode, Ref } from "react";
import type { InputHTMLAttributes } from "react";
import { fromLocalInput } from "#app/_lib/local-time.ts";
import { TextField } from "#app/_ui/desk/field.tsx";

/** From when on what is said holds, on the plant's clock; empty = from now on. */
export function SinceField(
  props: { hint?: string } & InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> },
): ReactNode {
  const t = useTranslations("admin.dated");
  const { hint = t("sinceHint"), ...input } = props;
  return <TextField label={t("holdsFrom")} hint={hint} type="datetime-local" {...input} />;
}

/** What such a field says, as a command takes it. */
export function useSince(): (text: string) => { from?: number } {
  const zone = useTimeZone() ?? "UTC";
  return (text) => {
    const at = fromLocalInput(text, zone);
    return at === null ? {} : { from: at };
  };
}
