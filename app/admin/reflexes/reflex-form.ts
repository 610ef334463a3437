import type { ReflexDraft, ReflexView } from "#server/execution/reflexes/reflexes.contract.ts";
import type { TagView } from "#server/execution/tags/tags.contract.ts";

/** A reflex as a person fills it in; times in seconds. */
export interface ReflexForm {
  readonly machine: string;
  readonly tag: string;
  readonly op: ReflexDraft["condition"]["op"];
  readonly value: string;
  readonly seconds: string;
  readonly hysteresis: string;
  readonly action: ReflexDraft["action"];
  readonly stopTag: string;
  readonly stopValue: string;
  readonly assessment: string;
}

type Datatype = TagView["datatype"];

/** What can be asked of a tag of a kind: only a number is more or less than another. */
export function opsOf(datatype: Datatype): readonly ReflexForm["op"][] {
  return datatype === "number" ? [">", "<", "=", "!="] : ["=", "!="];
}

export function formOf(reflex: ReflexView | null, machine: string): ReflexForm {
  if (reflex === null)
    return {
      machine,
      tag: "",
      op: ">",
      value: "",
      seconds: "1",
      hysteresis: "0",
      action: "report",
      stopTag: "",
      stopValue: "",
      assessment: "",
    };
  const { condition, stop } = reflex;
  return {
    machine: String(reflex.machineId),
    tag: String(reflex.tagId),
    op: condition.op,
    value: String(condition.value),
    seconds: String(condition.forMs / 1000),
    hysteresis: String(condition.hysteresis),
    action: reflex.action,
    stopTag: stop === null ? "" : String(stop.tagId),
    stopValue: stop === null ? "" : String(stop.value),
    assessment: reflex.riskAssessment ?? "",
  };
}

export type Filled =
  | { readonly draft: ReflexDraft }
  | { readonly wrong: keyof ReflexForm; readonly why: "needed" | "number" };

/** What was filled in, or the first field that is not right. */
export function draftOf(form: ReflexForm, tags: readonly TagView[]): Filled {
  const tag = tags.find(({ id }) => String(id) === form.tag);
  if (tag === undefined) return { wrong: "tag", why: "needed" };
  const value = valueOf(form.value, tag.datatype);
  if (value === null) return { wrong: "value", why: tag.datatype === "number" ? "number" : "needed" };
  const seconds = numberOf(form.seconds);
  if (seconds === null || seconds < 0) return { wrong: "seconds", why: "number" };
  const hysteresis = form.op === ">" || form.op === "<" ? numberOf(form.hysteresis) : 0;
  if (hysteresis === null || hysteresis < 0) return { wrong: "hysteresis", why: "number" };
  const draft: ReflexDraft = {
    machineId: tag.machineId,
    tagId: tag.id,
    condition: { op: form.op, value, forMs: Math.round(seconds * 1000), hysteresis },
    action: form.action,
    stop: null,
    riskAssessment: form.assessment.trim() === "" ? null : form.assessment.trim(),
  };
  if (form.action !== "request_stop") return { draft };
  const stop = tags.find(({ id }) => String(id) === form.stopTag);
  if (stop === undefined) return { wrong: "stopTag", why: "needed" };
  const stopValue = valueOf(form.stopValue, stop.datatype);
  if (stopValue === null)
    return { wrong: "stopValue", why: stop.datatype === "number" ? "number" : "needed" };
  if (draft.riskAssessment === null) return { wrong: "assessment", why: "needed" };
  return { draft: { ...draft, stop: { tagId: stop.id, value: stopValue } } };
}

/** A decimal comma is a point; null = it is no number. */
function numberOf(text: string): number | null {
  const plain = text.trim().replace(",", ".");
  return plain === "" || !Number.isFinite(Number(plain)) ? null : Number(plain);
}

function valueOf(text: string, datatype: Datatype): number | string | boolean | null {
  if (datatype === "number") return numberOf(text);
  if (datatype === "boolean") return text === "true" ? true : text === "false" ? false : null;
  return text.trim() === "" ? null : text.trim();
}
