import type { TagMeaning } from "#server/device/tag.contract.ts";
import { readWords, writeWords } from "./guess.ts";

/** How a tag is read, as a person fills it in; times in seconds, empty = none. */
export interface TagForm {
  readonly name: string;
  readonly machine: string;
  readonly meaning: TagMeaning;
  readonly datatype: "number" | "text" | "boolean";
  readonly unit: string;
  readonly decimals: string;
  readonly scale: string;
  readonly shift: string;
  readonly deadband: string;
  readonly low: string;
  readonly high: string;
  readonly normalLow: string;
  readonly normalHigh: string;
  readonly expected: string;
  readonly silence: string;
  readonly aggregate: string;
  readonly modulus: string;
  readonly words: string;
}

/** The settings a tag or a row of a template has; what is left out has its usual value. */
export interface Settings {
  readonly name?: string | undefined;
  readonly meaning?: TagMeaning | undefined;
  readonly unit?: string | null | undefined;
  readonly decimals?: number | undefined;
  readonly scale?: number | undefined;
  readonly shift?: number | undefined;
  readonly deadband?: number | undefined;
  readonly low?: number | null | undefined;
  readonly high?: number | null | undefined;
  readonly normalLow?: number | null | undefined;
  readonly normalHigh?: number | null | undefined;
  readonly expectedMs?: number | undefined;
  readonly maxSilenceMs?: number | undefined;
  readonly aggregateMs?: number | null | undefined;
  readonly modulus?: number | null | undefined;
  readonly words?: Readonly<Record<string, string>> | null | undefined;
}

export function tagFormOf(settings: Settings, machine: string, datatype: TagForm["datatype"]): TagForm {
  const seconds = (ms: number | null | undefined) => (ms == null ? "" : String(ms / 1000));
  const plain = (value: number | null | undefined) => (value == null ? "" : String(value));
  return {
    name: settings.name ?? "",
    machine,
    meaning: settings.meaning ?? "measurement",
    datatype,
    unit: settings.unit ?? "",
    decimals: plain(settings.decimals ?? 1),
    scale: plain(settings.scale ?? 1),
    shift: plain(settings.shift ?? 0),
    deadband: plain(settings.deadband ?? 0),
    low: plain(settings.low),
    high: plain(settings.high),
    normalLow: plain(settings.normalLow),
    normalHigh: plain(settings.normalHigh),
    expected: seconds(settings.expectedMs ?? 1000),
    silence: seconds(settings.maxSilenceMs ?? 60_000),
    aggregate: seconds(settings.aggregateMs),
    modulus: plain(settings.modulus),
    words: writeWords(settings.words ?? null),
  };
}

/** A number as people type it: with a point or a comma, or none. @returns NaN for what is none */
export function typedNumber(text: string): number | null {
  const trimmed = text.trim();
  return trimmed === "" ? null : Number(trimmed.replace(",", "."));
}

/** Whether every number of the form is one. */
export function wrongNumber(form: TagForm): keyof TagForm | null {
  const { name: _n, machine: _m, meaning: _k, datatype: _d, unit: _u, words: _w, ...numbers } = form;
  const wrong = Object.entries(numbers).find(([, text]) => Number.isNaN(typedNumber(text)));
  return (wrong?.[0] as keyof TagForm | undefined) ?? null;
}

/** What the form says, as the API takes it. */
export function settingsOf(form: TagForm): Required<Settings> {
  const ms = (text: string) => {
    const seconds = typedNumber(text);
    return seconds === null ? null : Math.round(seconds * 1000);
  };
  return {
    name: form.name,
    meaning: form.meaning,
    unit: form.unit.trim() === "" ? null : form.unit.trim(),
    decimals: typedNumber(form.decimals) ?? 1,
    scale: typedNumber(form.scale) ?? 1,
    shift: typedNumber(form.shift) ?? 0,
    deadband: typedNumber(form.deadband) ?? 0,
    low: typedNumber(form.low),
    high: typedNumber(form.high),
    normalLow: typedNumber(form.normalLow),
    normalHigh: typedNumber(form.normalHigh),
    expectedMs: ms(form.expected) ?? 1000,
    maxSilenceMs: ms(form.silence) ?? 60_000,
    aggregateMs: ms(form.aggregate),
    modulus: typedNumber(form.modulus),
    words: readWords(form.words),
  };
}

/** Only what differs: what was not touched must not become an exception from a template. */
export function changed(before: Settings, after: Required<Settings>): Partial<Required<Settings>> {
  const old = settingsOf(tagFormOf(before, "", "number"));
  return Object.fromEntries(
    Object.entries(after).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(old[key as keyof Settings]),
    ),
  );
}
