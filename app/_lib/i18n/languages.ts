/** Languages a person may choose. `en-XA` is a pseudo-language that shows what is not translated or too narrow. */
export const languages = ["en", "es", "de", "ar"] as const;
export type Language = (typeof languages)[number] | "en-XA";

/** Each language's own name for itself, so that a person finds it whatever is on the screen now. */
export const languageNames: Record<Language, string> = {
  en: "English",
  es: "Español",
  de: "Deutsch",
  ar: "العربية",
  "en-XA": "[Pšéüdö]",
};

/** Read by the server at each request, written by the language switch; no language in the URL. */
export const languageCookie = "lang";

export function isLanguage(value: string | undefined | null): value is Language {
  return value === "en-XA" || (languages as readonly (string | undefined | null)[]).includes(value);
}

export function directionOf(language: Language): "ltr" | "rtl" {
  return language === "ar" ? "rtl" : "ltr";
}

/**
 * The locale that numbers and times are written in. Arabic keeps Latin digits: machine panels, labels and
 * drawings in a plant carry them, and two sets of digits beside each other are misread.
 */
export function intlLocale(language: string): string {
  if (language === "ar") return "ar-u-nu-latn";
  return language === "de" || language === "es" ? language : "en-GB";
}

/** The best language of an Accept-Language header, or null. */
export function acceptedLanguage(header: string | null): Language | null {
  const wishes = (header ?? "")
    .split(",")
    .map((part) => {
      const [name = "", ...rest] = part.trim().split(";");
      const weight = Number(/q=([\d.]+)/.exec(rest.join(";"))?.[1] ?? 1);
      return { language: name.toLowerCase().split("-")[0] ?? "", weight };
    })
    .toSorted((a, b) => b.weight - a.weight);
  for (const { language } of wishes) if (isLanguage(language)) return language;
  return null;
}
