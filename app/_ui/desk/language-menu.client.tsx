"use client";

import { Languages } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { chooseLanguage } from "#app/_lib/choose.client.ts";
import { type Language, languageNames, languages } from "#app/_lib/i18n/languages.ts";
import { Menu } from "./menu.client.tsx";

export function LanguageMenu(props: { language: Language }): ReactNode {
  const t = useTranslations("app");
  return (
    <Menu
      name={`${t("language")}: ${languageNames[props.language]}`}
      label={
        <>
          <Languages className="size-4" aria-hidden="true" />
          <span lang={props.language}>{languageNames[props.language]}</span>
        </>
      }
      items={languages.map((language) => ({
        key: language,
        label: languageNames[language],
        chosen: language === props.language,
        onPress: () => chooseLanguage(language),
      }))}
    />
  );
}
