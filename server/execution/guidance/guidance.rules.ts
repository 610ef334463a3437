import type { LocalText, StepDefinition } from "./guidance.contract.ts";

/** The text in the reader's language, else in English. */
export function inLanguage(text: LocalText, language: string): string {
  return text[language] ?? text[language.split("-")[0] ?? "en"] ?? text.en;
}

export interface LiveStep {
  readonly op: "<" | ">" | "=";
  readonly value: number;
  readonly holdMs: number;
  /** Since when the value has been as wanted, source ms; null = it is not. */
  readonly holdsSince: number | null;
}

/**
 * A live-bound step hears one reading. Bad quality proves nothing: it starts the hold again.
 * @returns since when it holds now, and whether it has passed
 */
export function hearReading(
  step: LiveStep,
  reading: { readonly at: number; readonly value: number; readonly good: boolean },
): { holdsSince: number | null; passed: boolean } {
  if (!reading.good || !compare(reading.value, step.op, step.value))
    return { holdsSince: null, passed: false };
  const holdsSince = step.holdsSince ?? reading.at;
  return { holdsSince, passed: reading.at - holdsSince >= step.holdMs };
}

export function compare(value: number, op: "<" | ">" | "=", wanted: number): boolean {
  if (op === "<") return value < wanted;
  if (op === ">") return value > wanted;
  return value === wanted;
}

export type StepAnswer =
  | { readonly passes: true; readonly ok: boolean; readonly value: number | null }
  | { readonly passes: false; readonly why: "value_missing" | "out_of_range" | "machine_proves_it" };

/** Whether what a person answered passes the step. A live-bound step is passed by the machine, not by a tap. */
export function judgeAnswer(
  step: StepDefinition,
  answer: { readonly ok?: boolean | undefined; readonly value?: number | undefined },
): StepAnswer {
  switch (step.kind) {
    case "info":
      return { passes: true, ok: true, value: null };
    case "check":
      return { passes: true, ok: answer.ok ?? true, value: null };
    case "reading":
      if (answer.value === undefined) return { passes: false, why: "value_missing" };
      if (answer.value < step.min || answer.value > step.max) return { passes: false, why: "out_of_range" };
      return { passes: true, ok: true, value: answer.value };
    case "live_bound":
      return { passes: false, why: "machine_proves_it" };
  }
}
