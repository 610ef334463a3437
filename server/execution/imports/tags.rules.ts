import { Refusal } from "#server/core/refusal.contract.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import { manualDriver } from "../manual/manual.contract.ts";
import { onePerMachine, type Said, whyNotMapped } from "../tags/mapping.rules.ts";
import type { RowProblem } from "./imports.contract.ts";
import { problemOf, type ReadRow } from "./rows.rules.ts";

/** What may stand in a file of a tag. */
export interface TagValues {
  readonly metric: string;
  readonly machine: string;
  readonly [field: string]: unknown;
}

/** A tag as the database has it, or shall have it. */
export interface TagState {
  readonly sourceId: number;
  readonly machineId: number;
  readonly metric: string;
  readonly name: string;
  readonly meaning: TagMeaning;
  readonly datatype: "number" | "text" | "boolean";
  readonly unit: string | null;
  readonly decimals: number;
  readonly scale: number;
  readonly shift: number;
  readonly deadband: number;
  readonly maxSilenceMs: number;
  readonly expectedMs: number;
  readonly aggregateMs: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly normalLow: number | null;
  readonly normalHigh: number | null;
  readonly modulus: number | null;
  readonly words: Readonly<Record<string, string>> | null;
  readonly enabled: boolean;
  readonly overrides: readonly string[];
}
export interface KnownTag extends TagState {
  readonly id: number;
  readonly templateRowId: number | null;
}

export interface TagChange {
  readonly line: number;
  readonly before: KnownTag | null;
  readonly after: TagState;
  /** Fields that are new or differ. */
  readonly given: readonly string[];
}

export interface KnownAround {
  readonly machine: (text: string, column: string) => number;
  readonly machineCode: (id: number) => string;
  /** Tags of the source by metric. */
  readonly tags: ReadonlyMap<string, KnownTag>;
  /** What the source said of its metrics. */
  readonly said: ReadonlyMap<string, Said>;
  /** What other sources say of the machines. */
  readonly others: readonly {
    readonly machineId: number;
    readonly meaning: string;
    readonly name: string;
    readonly driver: string;
  }[];
}

/** A tag of which a file says no more than what it must. */
const fresh = {
  unit: null,
  decimals: 1,
  scale: 1,
  shift: 0,
  deadband: 0,
  maxSilenceMs: 60_000,
  expectedMs: 1000,
  aggregateMs: null,
  low: null,
  high: null,
  normalLow: null,
  normalHigh: null,
  modulus: null,
  words: null,
  enabled: true,
  overrides: [],
} as const;
/** Settings that an empty cell takes away; the others keep what they are. */
const clearable: ReadonlySet<string> = new Set([
  "unit",
  "aggregateMs",
  "low",
  "high",
  "normalLow",
  "normalHigh",
  "modulus",
  "words",
]);

/** What a file changes of a source's tags, every row judged by what is when the whole file is stored. */
export function planTags(
  rows: readonly ReadRow<TagValues>[],
  around: KnownAround,
  sourceId: number,
): { readonly changes: TagChange[]; readonly same: number; readonly problems: RowProblem[] } {
  const problems: RowProblem[] = [];
  const changes = new Map<string, TagChange>();
  let same = 0;
  for (const { line, values } of rows) {
    try {
      const change = changeOf(line, values, around, sourceId);
      if (change === null) same += 1;
      else changes.set(values.metric, change);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push(problemOf(line, error));
    }
  }
  // A row that is taken out leaves its tag as it was, which may stand in another one's way: until none is.
  for (let clash = clashes(changes, around); clash.length > 0; clash = clashes(changes, around)) {
    for (const { metric, problem } of clash) {
      changes.delete(metric);
      problems.push(problem);
    }
  }
  return { changes: [...changes.values()], same, problems };
}

function changeOf(
  line: number,
  { machine, metric, ...values }: TagValues,
  around: KnownAround,
  sourceId: number,
): TagChange | null {
  const machineId = around.machine(machine, "machine");
  const before = around.tags.get(metric) ?? null;
  const said = around.said.get(metric) ?? null;
  const settings = Object.fromEntries(
    Object.entries(values).filter(
      ([key, value]) => value !== undefined && (value !== null || clearable.has(key)),
    ),
  );
  if (before !== null) {
    if (before.machineId !== machineId) {
      throw new Refusal("not_changeable", { is: around.machineCode(before.machineId) }, "machine");
    }
    const { datatype } = settings;
    if (datatype !== undefined && datatype !== before.datatype) {
      throw new Refusal("not_changeable", { is: before.datatype }, "datatype");
    }
  }
  for (const key of ["name", "meaning"]) {
    if (before === null && settings[key] === undefined) throw new Refusal("cell_needed", {}, key);
  }
  const datatype = settings["datatype"] ?? before?.datatype ?? said?.datatype;
  if (datatype === undefined) throw new Refusal("cell_needed", {}, "datatype");
  const wanted = {
    ...(before ?? fresh),
    ...settings,
    datatype,
    sourceId,
    machineId,
    metric,
  } as unknown as TagState;
  const given = Object.keys(settings).filter(
    (key) => before === null || !equal(wanted[key as keyof TagState], before[key as keyof TagState]),
  );
  if (before !== null && given.length === 0) return null;
  const refusal = whyNotMapped(wanted, said);
  if (refusal !== null) throw refusal;
  const overrides =
    before === null || before.templateRowId === null
      ? wanted.overrides
      : [...new Set([...before.overrides, ...given])].toSorted();
  return {
    line,
    before,
    after: { ...wanted, overrides },
    given: before === null ? [...given, "datatype"] : given,
  };
}

function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [left, right] = [Object.entries(a).toSorted(byKey), Object.entries(b).toSorted(byKey)];
  return JSON.stringify(left) === JSON.stringify(right);
}
const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

/** Rows by which a machine would have two of what it has one of. */
function clashes(
  changes: ReadonlyMap<string, TagChange>,
  around: KnownAround,
): { metric: string; problem: RowProblem }[] {
  const claims = new Map<string, { name: string; driver: string | null; change: TagChange | null }[]>();
  const claim = (
    machineId: number,
    meaning: string,
    one: { name: string; driver: string | null; change: TagChange | null },
  ) => {
    if (!onePerMachine.has(meaning as TagMeaning)) return;
    const key = `${machineId} ${meaning}`;
    const own = claims.get(key);
    if (own === undefined) claims.set(key, [one]);
    else own.push(one);
  };
  for (const { machineId, meaning, name, driver } of around.others)
    claim(machineId, meaning, { name, driver, change: null });
  for (const one of around.tags.values()) {
    if (one.enabled && !changes.has(one.metric))
      claim(one.machineId, one.meaning, { name: one.name, driver: null, change: null });
  }
  for (const change of changes.values()) {
    const { after } = change;
    if (after.enabled) claim(after.machineId, after.meaning, { name: after.name, driver: null, change });
  }
  return [...claims.values()]
    .filter((all) => all.length > 1)
    .flatMap((all) =>
      all.flatMap(({ change }) => {
        if (change === null || isAsBefore(change)) return [];
        const other = all.find((one) => one.change !== change);
        const refusal =
          other?.driver === manualDriver
            ? new Refusal("is_manual", { name: other.name }, "machine")
            : new Refusal("meaning_taken", { name: other?.name ?? "" }, "meaning");
        return [{ metric: change.after.metric, problem: problemOf(change.line, refusal) }];
      }),
    );
}

/** A tag that claimed this already stands in nobody's way anew. */
function isAsBefore({ before, after }: TagChange): boolean {
  return before !== null && before.enabled && before.meaning === after.meaning;
}
