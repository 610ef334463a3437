"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { languageNames, languages } from "#app/_lib/i18n/languages.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { PersonView } from "#server/execution/people/people.contract.ts";

const roles = [
  "operator",
  "setter",
  "quality",
  "maintenance",
  "supervisor",
  "manager",
  "administrator",
] as const;

interface Fields {
  readonly code: string;
  readonly name: string;
  readonly language: string;
  readonly roles: string[];
  readonly active: boolean;
  readonly badge: string;
  readonly pin: string;
  readonly password: string;
}

/** Adds somebody or changes them; badge, PIN and password are given only where something is typed. */
export function PersonDialog(props: { person: PersonView | null; onClose: () => void }): ReactNode {
  const { person, onClose } = props;
  const t = useTranslations("admin.people");
  const app = useTranslations("app");
  const words = useTranslations("role");
  const wrong = useErrorWords();
  const command = useCommand<object, { personId: string }>("/people");
  const form = useForm<Fields>({
    defaultValues: {
      code: person?.code ?? "",
      name: person?.name ?? "",
      language: person?.language ?? "en",
      roles: person?.roles.filter((role) => role !== "service") ?? ["operator"],
      active: person?.active ?? true,
      badge: "",
      pin: "",
      password: "",
    },
  });

  const save = form.handleSubmit(
    async ({ code, name, language, roles: chosen, active, badge, pin, password }) => {
      const base = { name, language, roles: chosen };
      const made =
        person === null
          ? await command.run({ ...base, code })
          : await command.run({ ...base, active }, `/people/${person.id}`);
      if (made === null) return;
      const one = `/people/${made.personId}`;
      // Each is a command of its own: what was saved before a refusal stays, and the refusal says what is missing.
      if (badge !== "" && (await command.run({ badge }, `${one}/badge`)) === null) return;
      if (pin !== "" && (await command.run({ pin }, `${one}/pin`)) === null) return;
      if (password !== "" && (await command.run({ password }, `${one}/password`)) === null) return;
      onClose();
    },
  );
  const said = command.state.phase === "wrong" ? wrong(command.state.error) : null;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={person === null ? t("add") : person.name}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={onClose}>{app("cancel")}</Button>
          <Button tone="primary" busy={command.busy} onPress={() => void save()}>
            {app("save")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {said !== null && (
          <p role="alert" className="font-semibold">
            {said}
          </p>
        )}
        <TextField
          label={t("name")}
          {...form.register("name", { required: t("required"), maxLength: 128 })}
          problem={form.formState.errors.name?.message}
        />
        {person === null && (
          <TextField
            label={t("code")}
            hint={t("codeHint")}
            {...form.register("code", { required: t("required"), maxLength: 32 })}
            problem={form.formState.errors.code?.message}
          />
        )}
        <fieldset>
          <legend className="text-sm font-semibold">{t("roles")}</legend>
          <div className="flex flex-wrap gap-x-4 gap-y-1 pt-1">
            {roles.map((role) => (
              <label key={role} className="flex items-center gap-1.5">
                <input
                  type="checkbox"
                  value={role}
                  className="size-4"
                  {...form.register("roles", { required: t("required") })}
                />
                {words(role)}
              </label>
            ))}
          </div>
          {form.formState.errors.roles !== undefined && <p role="alert">{t("required")}</p>}
        </fieldset>
        <SelectField
          label={t("language")}
          options={languages.map((language) => ({ value: language, label: languageNames[language] }))}
          {...form.register("language")}
        />
        <TextField label={t("newBadge")} autoComplete="off" {...form.register("badge")} />
        <TextField
          label={t("newPin")}
          hint={t("pinHint")}
          inputMode="numeric"
          autoComplete="off"
          type="password"
          {...form.register("pin")}
        />
        <TextField
          label={t("newPassword")}
          autoComplete="new-password"
          type="password"
          {...form.register("password")}
        />
        {person !== null && (
          <label className="flex items-center gap-1.5">
            <input type="checkbox" className="size-4" {...form.register("active")} /> {t("mayComeIn")}
          </label>
        )}
      </form>
    </Dialog>
  );
}
