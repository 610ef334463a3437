import { getRequestConfig } from "next-intl/server";
import { currentLanguage } from "#app/_lib/server/language.ts";
import { plantTimeZone } from "#app/_lib/server/plant.ts";
import { intlLocale, type Language } from "./languages.ts";
import { pseudoWords, type Words } from "./pseudo.ts";

async function load(language: Language): Promise<Words> {
  switch (language) {
    case "es":
      return (await import("#messages/es.json")).default;
    case "de":
      return (await import("#messages/de.json")).default;
    case "ar":
      return (await import("#messages/ar.json")).default;
    case "en-XA":
      return pseudoWords((await import("#messages/en.json")).default);
    case "en":
      return (await import("#messages/en.json")).default;
  }
}

/** Words, locale and time zone of one request: the person's language, the plant's zone. */
export default getRequestConfig(async () => {
  const [language, timeZone] = await Promise.all([currentLanguage(), plantTimeZone()]);
  return { locale: intlLocale(language), messages: await load(language), timeZone };
});
