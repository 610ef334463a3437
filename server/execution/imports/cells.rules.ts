import { Refusal } from "#server/core/refusal.contract.ts";

/** The column that wrong rows are handed back with; a file that is put right may keep it. */
export const problemColumn = "problem";

/** Turns the text of a cell that is not empty into a value. @throws Refusal */
export type ReadCell = (text: string, file: { readonly decimalComma: boolean }) => unknown;

export const asText: ReadCell = (text) => text;

const number = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** `1.125` in a file where a comma may be the point: one and an eighth, or a thousand and more? */
const ambiguous = /^[+-]?[1-9]\d{0,2}(\.\d{3})+$/;

/** A number with a decimal point; with a decimal comma only where the comma does not divide the cells. */
export const asNumber: ReadCell = (text, { decimalComma }) => {
  if (decimalComma && ambiguous.test(text)) throw new Refusal("number_ambiguous", { value: text });
  const plain = decimalComma && !text.includes(".") ? text.replace(",", ".") : text;
  const value = Number(plain);
  if (!number.test(plain) || !Number.isFinite(value)) throw new Refusal("not_a_number", { value: text });
  return value;
};

const words = {
  // What spreadsheets write and what people type, in the languages of the screens.
  true: ["true", "yes", "y", "1", "x", "wahr", "ja", "verdadero", "sí", "si", "نعم"],
  false: ["false", "no", "n", "0", "falsch", "nein", "falso", "لا"],
};

export const asFlag: ReadCell = (text) => {
  const word = text.toLowerCase();
  if (words.true.includes(word)) return true;
  if (words.false.includes(word)) return false;
  throw new Refusal("not_one_of", { value: text, known: "yes, no" });
};

/** A time of day; a spreadsheet may have taken its first nought or added seconds. */
export const asTime: ReadCell = (text) => {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})(?::00)?$/.exec(text) ?? [];
  const time = `${(hours ?? "").padStart(2, "0")}:${minutes ?? ""}`;
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) throw new Refusal("time_malformed", { value: text });
  return time;
};

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

function dayOf(text: string): number {
  const word = text.trim().toLowerCase();
  const day = /^[1-7]$/.test(word) ? Number(word) : days.findIndex((name) => word.startsWith(name)) + 1;
  if (day === 0) throw new Refusal("not_one_of", { value: text, known: "Mon-Fri; 1-5; Sat, Sun" });
  return day;
}

/** Days of the week, 1 = Monday: `Mon-Fri`, `1-5`, `Sat, Sun`. */
export const asWeekdays: ReadCell = (text) => {
  const parts = text.replaceAll(/\s*-\s*/g, "-").split(/[\s,;]+/);
  const found = parts
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [from = "", to = from] = part.split("-");
      const [first, last] = [dayOf(from), dayOf(to)];
      // Fri-Mon goes over the end of the week.
      const count = ((last - first + 7) % 7) + 1;
      return Array.from({ length: count }, (_, i) => ((first - 1 + i) % 7) + 1);
    });
  return [...new Set(found)].toSorted((a, b) => a - b);
};

/** `Mon-Fri` and not `1-5`, which spreadsheets take for a date. */
export function weekdaysText(weekdays: readonly number[]): string {
  const name = (day: number) => {
    const word = days[day - 1] ?? "";
    return word.slice(0, 1).toUpperCase() + word.slice(1);
  };
  const sorted = weekdays.toSorted((a, b) => a - b);
  const runs: number[][] = [];
  for (const day of sorted) {
    const run = runs.at(-1);
    if (run?.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  return runs
    .map((run) => (run.length > 1 ? `${name(run[0] ?? 1)}-${name(run.at(-1) ?? 1)}` : name(run[0] ?? 1)))
    .join(", ");
}

/** `10:00-10:15, 12:00-12:30` */
export const asBreaks: ReadCell = (text, file) =>
  text
    .split(/[,;]/)
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const [start = "", end = "", ...rest] = part.split("-");
      if (rest.length > 0) throw new Refusal("time_malformed", { value: part.trim() });
      return { start: asTime(start.trim(), file), end: asTime(end.trim(), file) };
    });

export function breaksText(breaks: readonly { readonly start: string; readonly end: string }[]): string {
  return breaks.map(({ start, end }) => `${start.slice(0, 5)}-${end.slice(0, 5)}`).join(", ");
}

/** Several words in one cell, divided by spaces, commas or semicolons. */
export const asList: ReadCell = (text) => text.split(/[\s,;]+/).filter((word) => word !== "");

/** Several names in one cell, divided by commas or semicolons: a name may have spaces. */
export const asNames: ReadCell = (text) =>
  text
    .split(/[,;]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** `0=idle;3=running`; a `;`, `=` or `\` that belongs to a word has a `\` before it. */
export const asWords: ReadCell = (text) => Object.fromEntries(pairsOf(text, "0=idle;3=running"));

/** What fits what: `cap-28=Moulding; cap-30=Moulding`, written as words are. */
export const asPairs: ReadCell = (text) => pairsOf(text, "cap-28=Moulding; cap-30=Moulding");

function pairsOf(text: string, example: string): [string, string][] {
  const pairs = (text.match(/(?:\\.|[^\\;])+/g) ?? []).filter((pair) => pair.trim() !== "");
  return pairs.map((pair) => {
    const [key = "", word, ...rest] = pair.match(/(?:\\.|[^\\=])+/g) ?? [];
    if (word === undefined || rest.length > 0) {
      throw new Refusal("not_one_of", { value: pair.trim(), known: example });
    }
    return [unescaped(key), unescaped(word)];
  });
}

const unescaped = (text: string) => text.trim().replaceAll(/\\(.)/g, "$1");
const escaped = (text: string) => text.replaceAll(/[\\;=]/g, "\\$&");

export const wordsText = (map: Readonly<Record<string, string>>): string => pairsText(Object.entries(map));

export function pairsText(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([key, word]) => `${escaped(key)}=${escaped(word)}`).join(";");
}

/** A local day, or day and time, as `2026-11-30 14:00`; a day alone means its last minute. */
export const asLocalTime: ReadCell = (text, file) => localTime(text, "23:59", file);

/** The same as a time from which on something holds: a day alone means its first minute. */
export const asLocalStart: ReadCell = (text, file) => localTime(text, "00:00", file);

/** A local day, `2026-11-30`. */
export const asDay: ReadCell = (text) => {
  if (!isDay(text)) throw new Refusal("time_malformed", { value: text });
  return text;
};

const isDay = (day: string) =>
  /^\d{4}-\d{2}-\d{2}$/.test(day) &&
  !Number.isNaN(Date.parse(`${day}T00:00Z`)) &&
  new Date(`${day}T00:00Z`).toISOString().startsWith(day);

function localTime(text: string, alone: string, file: { readonly decimalComma: boolean }): string {
  const [, day = "", , time = alone] = /^(\d{4}-\d{2}-\d{2})([ T](.+))?$/.exec(text) ?? [];
  if (!isDay(day)) throw new Refusal("time_malformed", { value: text });
  return `${day}T${String(asTime(time, file))}`;
}
