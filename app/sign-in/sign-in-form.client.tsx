"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { forgetLanguage } from "#app/_lib/choose.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import type { SessionView } from "#server/http/session.contract.ts";

/** The demo's people who sign in with a password; their passwords are no secrets. */
const demoPeople = [
  { code: "dana", badge: "2001", name: "Dana Novak" },
  { code: "elif", badge: "2002", name: "Elif Kaya" },
  { code: "greta", badge: "3001", name: "Greta Holm" },
  { code: "hugo", badge: "9001", name: "Hugo Admin" },
] as const;

export function SignInForm(props: { back: string | null; demo: boolean }): ReactNode {
  const t = useTranslations("signIn");
  const words = useErrorWords();
  const [person, setPerson] = useState("");
  const [password, setPassword] = useState("");
  const [capsLock, setCapsLock] = useState(false);
  const signIn = useCommand<{ person: string; password: string }, SessionView>("/session/password");
  const submit = async () => {
    const session = await signIn.run({ person: person.trim(), password });
    if (session === null) return;
    forgetLanguage();
    // A whole new page: everything of the person before is gone, the language is the new one's.
    location.assign(props.back ?? session.landing);
  };
  const { state } = signIn;
  return (
    <form
      // Sent before the page is awake, the browser itself would put the password into the address.
      method="post"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label={t("person")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
        value={person}
        onChange={(event) => setPerson(event.target.value)}
      />
      <TextField
        label={t("password")}
        name="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        problem={state.phase === "wrong" ? words(state.error) : undefined}
        {...(capsLock ? { hint: t("capsLock") } : {})}
        onChange={(event) => setPassword(event.target.value)}
        onKeyUp={(event) => setCapsLock(event.getModifierState("CapsLock"))}
      />
      <Button type="submit" tone="primary" busy={signIn.busy || state.phase === "done"} className="min-h-11">
        {signIn.busy || state.phase === "done" ? t("busy") : t("submit")}
      </Button>
      <p className="text-sm text-ink-2">
        {t("hint")}{" "}
        <a className="d-link" href="/floor">
          {t("floor")}
        </a>
      </p>
      {props.demo && (
        <fieldset className="flex flex-col gap-2 border-t border-hairline pt-4">
          <legend className="sr-only">{t("demoTitle")}</legend>
          <p className="text-sm text-ink-2">{t("demoText")}</p>
          <div className="flex flex-wrap gap-2">
            {demoPeople.map((one) => (
              <Button
                key={one.code}
                size="small"
                onPress={() => {
                  setPerson(one.code);
                  setPassword(`demo-${one.badge}`);
                }}
              >
                {one.name}
              </Button>
            ))}
          </div>
        </fieldset>
      )}
    </form>
  );
}
