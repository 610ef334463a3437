import { Refusal } from "#server/core/refusal.contract.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import { convert } from "#server/edge/units.rules.ts";
import { machineWords } from "../machine-state/machine-state.rules.ts";

type Datatype = "number" | "text" | "boolean";

/** What each meaning is made of; a measurement may be anything that a machine says. */
const datatypes: Readonly<Record<TagMeaning, readonly Datatype[]>> = {
  state: ["text"],
  fault: ["text"],
  good: ["number"],
  scrap: ["number"],
  cycles: ["number"],
  cycle_time: ["number"],
  guard: ["boolean"],
  remote: ["boolean"],
  measurement: ["number", "text", "boolean"],
  setpoint: ["number", "text", "boolean"],
  material: ["number"],
  energy: ["number"],
};

/** Meanings of which a machine has one: of two states nobody could say which is true, of two guards one would be missed. */
export const onePerMachine: ReadonlySet<TagMeaning> = new Set([
  "state",
  "fault",
  "good",
  "scrap",
  "cycles",
  "guard",
  "remote",
]);

export interface Mapped {
  readonly meaning: TagMeaning;
  readonly datatype: Datatype;
  readonly unit?: string | null | undefined;
  readonly low?: number | null | undefined;
  readonly high?: number | null | undefined;
  readonly words?: Readonly<Record<string, string>> | null | undefined;
}

/** What the source itself said of the metric; null = it was not heard yet. */
export interface Said {
  readonly datatype: Datatype;
  readonly unit: string | null;
}

/** Why a metric cannot be read like this; null = it can. A code that `words` name may come as a number or a flag. */
export function whyNotMapped(mapped: Mapped, said: Said | null): Refusal | null {
  const { meaning, datatype, unit, low, high, words } = mapped;
  const wanted = datatypes[meaning];
  if (!wanted.includes(datatype)) {
    return new Refusal("datatype_mismatch", { wanted: wanted.join("/"), said: datatype }, "datatype");
  }
  const inWords = words != null && Object.keys(words).length > 0;
  const fits = said === null || said.datatype === datatype || (datatype === "text" && inWords);
  // A device without flags says 0 and 1.
  const asFlag = datatype === "boolean" && said?.datatype === "number";
  if (!fits && !asFlag) {
    return new Refusal("datatype_mismatch", { wanted: datatype, said: said.datatype }, "datatype");
  }
  const known: readonly string[] = machineWords;
  const strange =
    meaning === "state" ? Object.values(words ?? {}).find((word) => !known.includes(word)) : undefined;
  if (strange !== undefined) {
    return new Refusal("unknown_word", { word: strange, known: known.join(", ") }, "words");
  }
  if (unit != null && said?.unit != null && said.unit !== unit && convert(1, said.unit, unit) === null) {
    return new Refusal("unit_mismatch", { said: said.unit, unit }, "unit");
  }
  if (low != null && high != null && low >= high) {
    return new Refusal("invalid", { problem: "the lower limit lies above the upper one" }, "low");
  }
  return null;
}
