"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { chooseLanguage, forgetLanguage } from "#app/_lib/choose.client.ts";
import { languageNames, languages } from "#app/_lib/i18n/languages.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import type { SessionView } from "#server/http/session.contract.ts";
import { useWedge } from "../_station/use-wedge.client.ts";

/** Characters of a code: Crockford's base 32, in groups of four for reading aloud. */
function grouped(text: string): string {
  const bare = text
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, "")
    .slice(0, 32);
  return bare.replaceAll(/(.{4})(?=.)/g, "$1-");
}

export function EnrolForm(props: { code: string; station: string | null; language: string }): ReactNode {
  const t = useTranslations("floor.enrolment");
  const words = useErrorWords();
  const [code, setCode] = useState(() => grouped(props.code));
  const enrol = useCommand<{ code: string }, SessionView>("/stations/enrol");
  const submit = async (text: string) => {
    const session = await enrol.run({ code: text });
    if (session === null) return;
    forgetLanguage();
    location.assign(session.landing);
  };
  // The code on an administrator's screen is also a QR or bar code that a scanner types.
  useWedge((text) => {
    setCode(grouped(text));
    void submit(text);
  });
  const { state } = enrol;
  const ready = code.replaceAll("-", "").length >= 8;
  return (
    <form
      className="k-card flex w-full max-w-mm-160 flex-col gap-mm-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void submit(code);
      }}
    >
      <h1 className="text-mm-5.2 font-semibold">{t("title")}</h1>
      <p className="text-ink-2">{t("text")}</p>
      {props.station !== null && <p className="font-semibold">{t("already", { name: props.station })}</p>}
      <label className="flex flex-col gap-mm-1">
        <span className="k-label">{t("code")}</span>
        <input
          value={code}
          onChange={(event) => setCode(grouped(event.target.value))}
          autoCapitalize="characters"
          autoComplete="one-time-code"
          spellCheck={false}
          dir="ltr"
          aria-invalid={state.phase === "wrong"}
          className="min-h-mm-20 w-full border-2 border-line bg-raised px-mm-4 text-center text-mm-6.5 font-semibold tracking-widest"
        />
      </label>
      {state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {words(state.error)}
        </p>
      )}
      <KioskButton
        tone="primary"
        wide
        type="submit"
        busy={enrol.busy || state.phase === "done"}
        why={ready ? null : t("short")}
        onPress={() => {}}
      >
        {enrol.busy || state.phase === "done" ? t("busy") : t("submit")}
      </KioskButton>
      <div className="flex flex-wrap justify-center gap-mm-2">
        {languages.map((language) => (
          <KioskButton
            key={language}
            size="small"
            tone="quiet"
            pressed={language === props.language}
            onPress={() => chooseLanguage(language)}
          >
            <span lang={language}>{languageNames[language]}</span>
          </KioskButton>
        ))}
      </div>
    </form>
  );
}
