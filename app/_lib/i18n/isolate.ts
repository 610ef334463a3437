/** First strong isolate and its end (Unicode UAX #9). */
const open = "\u2068";
const close = "\u2069";

/** A text that keeps its own direction in the middle of another: `268 °C` does not become `C° 268`. */
export function isolate(text: string): string {
  return open + text + close;
}

/**
 * Values for a sentence that runs from right to left: names, units and codes in Latin letters are isolated, or
 * the sentence around them would turn "°C" into "C°". Numbers and other languages stay as they are.
 */
export function isolated(
  params: Readonly<Record<string, string | number>>,
  locale: string,
): Record<string, string | number> {
  if (!locale.startsWith("ar")) return { ...params };
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === "string" ? isolate(value) : value]),
  );
}
