import type { TagMeaning } from "#server/device/tag.contract.ts";

type Datatype = "number" | "text" | "boolean";

export interface Guess {
  readonly name: string;
  readonly meaning: TagMeaning;
  readonly datatype: Datatype;
  readonly decimals: number;
}

/** What names of metrics usually mean, the more telling first; English and German, as controllers say them. */
const signs: readonly (readonly [RegExp, TagMeaning, Datatype])[] = [
  [/guard|door|safety|light.?curtain|schutz/i, "guard", "boolean"],
  [/remote|auto(matic)?.?mode|fern/i, "remote", "boolean"],
  [/fault|alarm.?code|error.?code|st(ö|oe)rung|fehler/i, "fault", "text"],
  [/scrap|reject|bad|nok|ausschuss/i, "scrap", "number"],
  [/good|ok.?(count|parts)|produced|gut/i, "good", "number"],
  [/cycle.?time|takt(zeit)?$/i, "cycle_time", "number"],
  [/cycles?(.?count)?$|shots?$|zyklen/i, "cycles", "number"],
  [/set.?point|target|soll|\bsp\b/i, "setpoint", "number"],
  [/kwh|energy|energie/i, "energy", "number"],
  [/state|status|zustand|runs?$|running$/i, "state", "text"],
];

/** What a metric probably is, from its name and what it says; whoever maps it decides. */
export function guessTag(metric: string, datatype: Datatype): Guess {
  const last = metric.split(/[/.]/).at(-1) ?? metric;
  const name = last
    .replace(/([a-zäöü0-9])([A-ZÄÖÜ])/g, "$1 $2")
    .replaceAll(/[_-]+/g, " ")
    .trim();
  const sign = signs.find(([pattern, , wanted]) => pattern.test(last) && fits(wanted, datatype));
  const meaning = sign?.[1] ?? "measurement";
  const counts = meaning === "good" || meaning === "scrap" || meaning === "cycles";
  return {
    name: name === "" ? metric : name.charAt(0).toUpperCase() + name.slice(1).toLowerCase(),
    meaning,
    datatype: sign?.[2] ?? datatype,
    decimals: counts ? 0 : 1,
  };
}

/** A state or fault may come as a code, a flag as 0 or 1; a count cannot be a word. */
function fits(wanted: Datatype, said: Datatype): boolean {
  return wanted === said || wanted === "text" || (wanted === "boolean" && said === "number");
}

/** `0 = idle; 3 = running` or one a line, as it is typed. Null = nothing is said. */
export function readWords(typed: string): Record<string, string> | null {
  const pairs = typed
    .split(/[;\n]/)
    .map((line) => line.split("=").map((part) => part.trim()))
    .filter((pair): pair is [string, string] => pair.length === 2 && pair[0] !== "" && pair[1] !== "");
  return pairs.length === 0 ? null : Object.fromEntries(pairs);
}

export function writeWords(words: Readonly<Record<string, string>> | null): string {
  return Object.entries(words ?? {})
    .map(([value, word]) => `${value} = ${word}`)
    .join("\n");
}
