import { Refusal } from "#server/core/refusal.contract.ts";
import type { ReflexDraft, ReflexTrial } from "./reflexes.contract.ts";
import type { Reflex } from "#server/edge/document.contract.ts";
import { dueAt, due, idle, type ReflexState, step, type Value } from "#server/edge/reflexes.rules.ts";

export interface KnownTag {
  readonly id: number;
  readonly machineId: number;
  readonly sourceId: number;
  readonly edgeId: number;
  readonly datatype: "number" | "text" | "boolean";
  readonly enabled: boolean;
  readonly writable: boolean;
}

/** Why an edge cannot have such a reflex; null = it can. `tag` is what it watches, `stop` what a stop is written to. */
export function whyNotReflex(draft: ReflexDraft, tag: KnownTag, stop: KnownTag | null): Refusal | null {
  const { condition, action, riskAssessment } = draft;
  if (tag.machineId !== draft.machineId || !tag.enabled) return new Refusal("not_found", {}, "tagId");
  const ordered = condition.op === ">" || condition.op === "<";
  if (ordered && tag.datatype !== "number") return new Refusal("reflex_needs_number", {}, "condition.op");
  if (!fits(condition.value, tag.datatype))
    return new Refusal("value_unfit", { wanted: tag.datatype }, "condition.value");
  if (action !== "request_stop") return null;
  if (draft.stop === null || stop === null) return new Refusal("stop_needs_tag", {}, "stop.tagId");
  if (stop.machineId !== draft.machineId || !stop.enabled) return new Refusal("not_found", {}, "stop.tagId");
  // The edge that watches is the one that writes: nobody else may be asked in that moment.
  if (stop.edgeId !== tag.edgeId) return new Refusal("stop_at_other_edge", {}, "stop.tagId");
  if (!fits(draft.stop.value, stop.datatype))
    return new Refusal("value_unfit", { wanted: stop.datatype }, "stop.value");
  if ((riskAssessment ?? "") === "") return new Refusal("risk_assessment_needed", {}, "riskAssessment");
  return null;
}

function fits(value: Value, datatype: KnownTag["datatype"]): boolean {
  return datatype === "text" ? typeof value === "string" : typeof value === datatype;
}

export interface PastReading {
  readonly at: number;
  readonly value: Value | null;
  readonly quality: number;
}

export type Episode = ReflexTrial["episodes"][number];

/**
 * What a reflex would have done on readings that are stored, by the very rules that the edge has, with source time in
 * place of its clock. The edge sees every raw value and the store only what its filter let through: between two
 * stored readings the value is taken to stay.
 */
export class PastReflex {
  readonly #reflex: Reflex;
  #state: ReflexState = idle;
  #value: Value | null = null;
  readonly episodes: { raisedAt: number; clearedAt: number | null; value: Value }[] = [];

  constructor(draft: ReflexDraft) {
    this.#reflex = { ...draft, id: "draft", version: 0 };
  }

  /** The next reading, in order of source time. */
  see({ at, value, quality }: PastReading): void {
    this.until(at);
    const { state, change } = step(this.#reflex, this.#state, value, quality, at);
    this.#state = state;
    if (value !== null) this.#value = value;
    this.#note(change, at);
  }

  /** Nothing more came until then. */
  until(at: number): void {
    const time = dueAt(this.#reflex, this.#state);
    if (time === null || time > at) return;
    const { state, change } = due(this.#reflex, this.#state, time);
    this.#state = state;
    this.#note(change, time);
  }

  #note(change: "raised" | "cleared" | null, at: number): void {
    if (change === "raised") this.episodes.push({ raisedAt: at, clearedAt: null, value: this.#value ?? 0 });
    const last = this.episodes.at(-1);
    if (change === "cleared" && last !== undefined) last.clearedAt = at;
  }
}
