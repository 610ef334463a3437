import type { RawReading } from "#server/device/driver.contract.ts";
import type { EdgeTag } from "#server/edge/document.contract.ts";
import { judge } from "#server/edge/validate.rules.ts";
import type { LetterGroup } from "./dead-letters.contract.ts";

/** What stands in a letter, whoever wrote it: the edge (with the source's own words) or the database. */
export interface LetterSaid {
  readonly sourceId: number | null;
  readonly metric: string | null;
  readonly tagId: number | null;
  readonly value: string | number | boolean | null;
  readonly unit: string | null;
  /** ms; null = it had none that can be read. */
  readonly sourceTime: number | null;
  readonly quality: number;
}

/** Reads the JSON of a letter; null for a frame, an unreadable message and whatever else is no single reading. */
export function saidIn(raw: string): LetterSaid | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null || !("sourceTime" in parsed)) return null;
  const given = parsed as Readonly<Record<string, unknown>>;
  const { value } = given;
  const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const time = Number(given["sourceTime"]);
  return {
    sourceId: idOf(given["sourceId"]),
    metric: textOf(given["metric"]),
    tagId: idOf(given["tagId"]),
    value: known ? value : null,
    unit: textOf(given["unit"]),
    sourceTime: Number.isFinite(time) ? time : null,
    quality: typeof given["quality"] === "number" ? given["quality"] : 0,
  };
}

export type Replayed =
  | { readonly dead: string }
  | {
      readonly dead: null;
      readonly at: number;
      readonly num: number;
      readonly txt: string | null;
      readonly quality: number;
    };

/**
 * Judges what a letter says once more, by the tag as it is now. What the edge wrote is raw and is scaled and converted
 * again; what the database wrote (it has no metric) was both already.
 */
export function replay(said: LetterSaid, tag: EdgeTag, now: number): Replayed {
  if (said.sourceTime === null) return { dead: "unreadable" };
  const raw = said.metric !== null;
  const reading: RawReading = {
    metric: tag.metric,
    sourceTime: said.sourceTime,
    value: valueFor(said.value, tag, raw),
    quality: said.quality as RawReading["quality"],
    ...(raw && said.unit !== null && { unit: said.unit }),
  };
  const verdict = judge(reading, raw ? tag : { ...tag, scale: 1, shift: 0 }, now);
  if (verdict.dead !== null) return { dead: verdict.dead };
  return { dead: null, at: said.sourceTime, num: verdict.num, txt: verdict.txt, quality: verdict.quality };
}

/** Numbers that JSON has no word for stand as text in a letter, and so does every value that the database wrote. */
function valueFor(value: LetterSaid["value"], tag: EdgeTag, raw: boolean): RawReading["value"] {
  if (typeof value !== "string" || tag.datatype === "text") return value;
  if (tag.datatype === "number" && /^-?\d{1,30}$/.test(value)) return BigInt(value);
  if (raw || value.trim() === "") return value;
  const number = Number(value);
  return Number.isFinite(number) ? number : value;
}

interface Letter {
  readonly id: number;
  readonly edgeId: number;
  readonly edgeCode: string;
  readonly tagId: number | null;
  readonly tagName: string | null;
  readonly machineCode: string | null;
  readonly reason: string;
  readonly raw: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly times: number;
}

/** Letters of one kind together, newest group first: a sensor that broke writes one line here and not a thousand. */
export function groupLetters(letters: readonly Letter[]): LetterGroup[] {
  const groups = new Map<string, LetterGroup>();
  for (const letter of letters) {
    const said = saidIn(letter.raw);
    const sourceId = said?.sourceId ?? null;
    const metric = said?.metric ?? null;
    const key = JSON.stringify([letter.edgeId, letter.reason, sourceId, metric, letter.tagId]);
    const before = groups.get(key);
    groups.set(key, {
      key,
      edgeCode: letter.edgeCode,
      reason: letter.reason,
      sourceId,
      metric,
      tagId: letter.tagId,
      tagName: letter.tagName,
      machineCode: letter.machineCode,
      letters: (before?.letters ?? 0) + 1,
      times: (before?.times ?? 0) + letter.times,
      firstSeen: Math.min(before?.firstSeen ?? letter.firstSeen, letter.firstSeen),
      lastSeen: Math.max(before?.lastSeen ?? letter.lastSeen, letter.lastSeen),
      // Letters come newest first: the example is the newest.
      example: before?.example ?? letter.raw.slice(0, 500),
      replayable: said !== null,
      ids: [...(before?.ids ?? []), letter.id],
    });
  }
  return [...groups.values()].toSorted((a, b) => b.lastSeen - a.lastSeen);
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
const idOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : null;
