"use client";

import { useFormatter, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { ask } from "#app/_lib/api.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import type { ReflexTrial } from "#server/execution/reflexes/reflexes.contract.ts";
import { useReflexWords } from "./reflex-words.client.ts";

export type Trial =
  | { readonly phase: "none" }
  | { readonly phase: "running" }
  | { readonly phase: "answered"; readonly answer: ReflexTrial }
  | { readonly phase: "wrong"; readonly error: Error };

/** Episodes that are named. */
const shown = 5;

/** Asks what a draft would have done on the readings of the last days. Nothing is stored. */
export function useReflexTrial(): { trial: Trial; run: (draft: object) => Promise<void> } {
  const [trial, setTrial] = useState<Trial>({ phase: "none" });
  return {
    trial,
    async run(draft) {
      setTrial({ phase: "running" });
      try {
        setTrial({ phase: "answered", answer: await ask<ReflexTrial>("/reflexes/try", draft) });
      } catch (error) {
        setTrial({ phase: "wrong", error: error instanceof Error ? error : new Error(String(error)) });
      }
    },
  };
}

export function TrialWords(props: { trial: Trial; unit: string | null }): ReactNode {
  const t = useTranslations("admin.reflexes");
  const wrong = useErrorWords();
  const words = useReflexWords();
  const format = useFormatter();
  const { trial, unit } = props;
  if (trial.phase === "none") return null;
  if (trial.phase === "running") return <p role="status">{t("trying")}</p>;
  if (trial.phase === "wrong")
    return (
      <p role="alert" className="font-semibold">
        {wrong(trial.error)}
      </p>
    );
  const { times, looked, episodes, from, cut } = trial.answer;
  const at = (ms: number) => format.dateTime(new Date(ms), { dateStyle: "medium", timeStyle: "medium" });
  return (
    <div role="status" className="rounded border border-hairline p-3">
      <p className="font-semibold">{looked === 0 ? t("nothingLooked") : t("wouldHave", { count: times })}</p>
      <p className="text-sm text-ink-2">{t("lookedAt", { count: looked, from: at(from) })}</p>
      {cut && <p className="text-sm">{t("cut")}</p>}
      {episodes.length > 0 && (
        <ul className="mt-2 list-disc ps-5 text-sm">
          {episodes.slice(0, shown).map(({ raisedAt, value }) => (
            <li key={raisedAt}>
              <bdi>{at(raisedAt)}</bdi>
              {": "}
              <bdi>{words.value(value, unit)}</bdi>
            </li>
          ))}
        </ul>
      )}
      {times > shown && <p className="text-sm text-ink-2">{t("more", { count: times - shown })}</p>}
    </div>
  );
}
