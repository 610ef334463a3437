import type { MachineWord, Span, StateInterval } from "./machine-state.contract.ts";

/** What a machine may say of itself; anything else is no data. */
export const machineWords = ["running", "idle", "stopped", "fault", "setup", "starved", "blocked"] as const;
const spokenWords: ReadonlySet<string> = new Set(machineWords);

const stopWords: ReadonlySet<MachineWord> = new Set(["idle", "stopped", "fault", "starved", "blocked"]);

/** Whether a machine that says this makes nothing; set-up and no data are neither run nor stop. */
export function isStopWord(word: MachineWord): boolean {
  return stopWords.has(word);
}

/**
 * One reading as far as machine state is concerned. `good` false = the reading says that it does not know (bad or
 * stale quality): it is no sign of life, and a state reading of that kind ends the word.
 */
export interface StateEvent {
  readonly at: number;
  readonly kind: "state" | "fault" | "alive";
  readonly good: boolean;
  readonly text: string | null;
}

/** The word a machine is in after a text it sent; an unknown word is no data, never a guess. */
export function wordOf(text: string | null): MachineWord {
  return text !== null && spokenWords.has(text) ? (text as MachineWord) : "no_data";
}

export interface StateInput {
  /** Readings in order of source time; equal times in order of arrival. */
  readonly events: readonly StateEvent[];
  /** Fault code in force at the first event. */
  readonly faultBefore?: string | null;
  /** A word holds for at most this long after the last sign of life, ms. */
  readonly staleMs: number;
  /** Where the answer ends; null = open, and silence is judged at `now`. */
  readonly to: number | null;
  readonly now: number;
}

/**
 * The stretches of constant word and fault from the first event on: half-open, without gap or overlap, neighbours
 * different. After a silence the word is unknown until the machine says its state again.
 */
export function deriveStates(input: StateInput): StateInterval[] {
  const { events, staleMs, to, now } = input;
  const first = events[0];
  if (first === undefined) return [];
  const out: { start: number; word: MachineWord; fault: string | null }[] = [];
  let word: MachineWord = "no_data";
  let fault = input.faultBefore ?? null;
  let alive = first.at;

  const mark = (start: number) => {
    const shown = isStopWord(word) && fault !== null && fault !== "" ? fault : null;
    const last = out.at(-1);
    if (last !== undefined && last.start === start) out.pop();
    const before = out.at(-1);
    if (before === undefined || before.word !== word || before.fault !== shown)
      out.push({ start, word, fault: shown });
  };
  const silence = (until: number) => {
    if (word === "no_data" || until - alive <= staleMs) return;
    word = "no_data";
    mark(alive + staleMs);
  };

  mark(first.at);
  for (const event of events) {
    if (to !== null && event.at >= to) break;
    silence(event.at);
    if (event.good) alive = Math.max(alive, event.at);
    if (event.kind === "state") word = event.good ? wordOf(event.text) : "no_data";
    if (event.kind === "fault" && event.good) fault = event.text;
    if (event.kind !== "alive") mark(event.at);
  }
  silence(to ?? now);
  return out.map((row, i) => ({ ...row, end: out[i + 1]?.start ?? to }));
}

/** Joins neighbours that touch and say the same; the canonical form in which states are stored. */
export function mergeStates(rows: readonly StateInterval[]): StateInterval[] {
  const out: StateInterval[] = [];
  for (const row of rows.toSorted((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last !== undefined && last.end === row.start && last.word === row.word && last.fault === row.fault)
      out[out.length - 1] = { ...last, end: row.end };
    else out.push(row);
  }
  return out;
}

/** `rows` with the period [from, to) replaced by `part`, in canonical form. */
export function replaceStates(
  rows: readonly StateInterval[],
  part: readonly StateInterval[],
  from: number,
  to: number | null,
): StateInterval[] {
  const before = rows
    .filter((r) => r.start < from)
    .map((r) => ({ ...r, end: r.end === null || r.end > from ? from : r.end }));
  const after =
    to === null
      ? []
      : rows.filter((r) => r.end === null || r.end > to).map((r) => ({ ...r, start: Math.max(r.start, to) }));
  return mergeStates([...before, ...part, ...after]);
}

/** The first instant at which two canonical lists say something else, or null: an end that moved changes nothing before it. */
export function firstDifference(a: readonly StateInterval[], b: readonly StateInterval[]): number | null {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return (x ?? y)?.start ?? null;
    if (x.start !== y.start || x.word !== y.word || x.fault !== y.fault) return Math.min(x.start, y.start);
    if (x.end !== y.end) return Math.min(x.end ?? Infinity, y.end ?? Infinity);
  }
  return null;
}

/** A stop before it has a row: from its very start, with the word and the first fault it showed. */
export interface FoundStop extends Span {
  readonly word: MachineWord;
  readonly fault: string | null;
}

/**
 * Stops of at least `microStopMs`, each from its very start: a run of stop words without anything between. One that
 * is still open is judged at `now`, so it becomes a stop, back to its start, when it grows past the limit.
 */
export function findStops(rows: readonly StateInterval[], microStopMs: number, now: number): FoundStop[] {
  const runs: FoundStop[] = [];
  for (const row of rows) {
    if (!isStopWord(row.word)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.end === row.start)
      runs[runs.length - 1] = {
        ...last,
        end: row.end,
        // The word of a stop is what it began with; a fault names it even when it comes a moment later.
        word: last.fault === null && row.fault !== null ? row.word : last.word,
        fault: last.fault ?? row.fault,
      };
    else runs.push({ start: row.start, end: row.end, word: row.word, fault: row.fault });
  }
  return runs.filter((run) => (run.end ?? now) - run.start >= microStopMs);
}

/** Something a person said about a stopped time. `at` orders statements; the newest about an instant stands. */
export interface Explanation extends Span {
  readonly reasonId: number;
  readonly comment: string | null;
  readonly at: number;
}

export interface StopPart extends Span {
  readonly reasonId: number | null;
  readonly by: "person" | "fault" | null;
  readonly comment: string | null;
}

/**
 * A stop cut into the parts that have one reason each. What nobody spoke of takes the part before it (else the one
 * after it): a stop explained while it was open stays explained until its end. With no statement at all the reason of its fault holds.
 */
export function stopParts(
  stop: Span,
  explanations: readonly Explanation[],
  faultReasonId: number | null,
): StopPart[] {
  const end = stop.end ?? Number.POSITIVE_INFINITY;
  const said = explanations
    .map((e) => ({ ...e, start: Math.max(e.start, stop.start), end: Math.min(e.end ?? end, end) }))
    .filter((e) => e.start < e.end)
    .toSorted((a, b) => a.at - b.at);
  if (said.length === 0) {
    return [{ ...stop, reasonId: faultReasonId, by: faultReasonId === null ? null : "fault", comment: null }];
  }
  const cuts = [...new Set([stop.start, end, ...said.flatMap((e) => [e.start, e.end])])].toSorted(
    (a, b) => a - b,
  );
  const found = cuts.slice(0, -1).map((start, i) => ({
    start,
    end: cuts[i + 1] ?? end,
    by: said.findLast((e) => e.start <= start && e.end > start),
  }));
  let known = found.find((p) => p.by !== undefined)?.by;
  const parts: (StopPart & { said: object | undefined })[] = [];
  for (const piece of found) {
    known = piece.by ?? known;
    const last = parts.at(-1);
    const pieceEnd = piece.end === Number.POSITIVE_INFINITY ? null : piece.end;
    if (last !== undefined && last.said === known) parts[parts.length - 1] = { ...last, end: pieceEnd };
    else
      parts.push({
        start: piece.start,
        end: pieceEnd,
        reasonId: known?.reasonId ?? null,
        by: "person",
        comment: known?.comment ?? null,
        said: known,
      });
  }
  return parts.map(({ said: _said, ...part }) => part);
}
