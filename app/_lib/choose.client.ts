"use client";

import { type Language, languageCookie } from "./i18n/languages.ts";

const yearSeconds = 31_536_000;

function remember(name: string, value: string, seconds: number): void {
  // Plain preferences, no secrets: the server reads them to render in the right language and theme at once.
  document.cookie = `${name}=${value}; Path=/; Max-Age=${String(seconds)}; SameSite=Lax`;
}

/** Another language on this screen, until the next sign-on brings that person's own. */
export function chooseLanguage(language: Language): void {
  remember(languageCookie, language, yearSeconds);
  location.reload();
}

/** The language follows the badge: a choice of the person before is forgotten. */
export function forgetLanguage(): void {
  remember(languageCookie, "", 0);
}

/** Light or dark at a desk; a station's theme is set by the administrator. */
export function chooseTheme(theme: "light" | "dark"): void {
  remember("theme", theme, yearSeconds);
  document.documentElement.dataset["theme"] = theme;
}
