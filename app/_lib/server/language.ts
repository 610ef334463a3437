import { cookies, headers } from "next/headers";
import { cache } from "react";
import { acceptedLanguage, isLanguage, type Language, languageCookie } from "#app/_lib/i18n/languages.ts";
import { currentSession } from "./session.ts";

/**
 * The language of this request: what was chosen on this screen (until the next sign-on), else the person's,
 * else the station's, else the browser's, else English.
 */
export const currentLanguage = cache(async (): Promise<Language> => {
  const chosen = (await cookies()).get(languageCookie)?.value;
  if (isLanguage(chosen)) return chosen;
  try {
    const { personLanguage, station } = await currentSession();
    if (isLanguage(personLanguage)) return personLanguage;
    if (isLanguage(station?.language)) return station.language;
  } catch {
    // Without a database nobody is known; the browser still says what it speaks.
  }
  return acceptedLanguage((await headers()).get("accept-language")) ?? "en";
});
