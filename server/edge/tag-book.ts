import type { EdgeDocument, EdgeMachine, EdgeTag } from "./document.contract.ts";
import { type AggregateState, emptyAggregate } from "./aggregate.rules.ts";
import type { SavedWindow } from "./queue-keys.ts";
import { restoreWindow } from "./windows.ts";
import { emptyFilter, type FilterState, isThinned } from "./filter.rules.ts";

/** A tag as the running edge holds it. */
export interface TagState {
  readonly tag: EdgeTag;
  readonly thinned: boolean;
  filter: FilterState;
  aggregate: AggregateState;
  /** The unit the source says its values in; undefined while it says none: then it is the tag's. */
  sourceUnit?: string | undefined;
}

/** The document by what the reading path asks for: source and metric, tag, machine. */
export class TagBook {
  #bySource = new Map<number, Map<string, TagState>>();
  #byId = new Map<number, TagState>();
  #machines = new Map<number, EdgeMachine>();
  #lanes = new Map<number, number>();

  /**
   * Takes a new document. A tag that did not change keeps what its filters remember, a new one may go on with windows
   * that were saved. @returns the states that ended: what waits in their windows must be given out.
   */
  load(document: EdgeDocument, saved: (sourceId: number) => readonly SavedWindow[]): TagState[] {
    const known = this.#byId;
    this.#byId = new Map();
    this.#bySource = new Map(document.sources.map(({ id }) => [id, new Map()]));
    this.#machines = new Map(document.machines.map((machine) => [machine.id, machine]));
    this.#lanes = new Map();
    const windows = new Map(document.sources.flatMap(({ id }) => saved(id).map((w) => [w.tagId, w])));
    for (const tag of document.tags) {
      const before = known.get(tag.id);
      const same = before !== undefined && sameFilter(before.tag, tag);
      if (same) known.delete(tag.id);
      const state = same
        ? { ...before, tag }
        : fresh(tag, before === undefined ? windows.get(tag.id) : undefined);
      this.#byId.set(tag.id, state);
      this.#bySource.get(tag.sourceId)?.set(tag.metric, state);
      this.#lanes.set(tag.machineId, tag.lane);
    }
    return [...known.values()];
  }

  find(sourceId: number, metric: string): TagState | undefined {
    return this.#bySource.get(sourceId)?.get(metric);
  }

  tag(tagId: number): EdgeTag | null {
    return this.#byId.get(tagId)?.tag ?? null;
  }

  /** The unit its source says the tag in; undefined = the tag's own. */
  sourceUnit(tagId: number): string | undefined {
    return this.#byId.get(tagId)?.sourceUnit;
  }

  machine(machineId: number): EdgeMachine | null {
    return this.#machines.get(machineId) ?? null;
  }

  all(): IterableIterator<TagState> {
    return this.#byId.values();
  }

  ofSource(sourceId: number): IterableIterator<TagState> {
    return (this.#bySource.get(sourceId) ?? new Map<string, TagState>()).values();
  }

  ofMachine(machineId: number): TagState[] {
    return [...this.#byId.values()].filter(({ tag }) => tag.machineId === machineId);
  }

  /** The lane of a machine's events; lane 0 where nothing is known of it. */
  laneOf(machineId: number | null): number {
    return machineId === null ? 0 : (this.#lanes.get(machineId) ?? 0);
  }

  /** The machine behind a device of a source, when all its metrics belong to one. */
  machineOfDevice(sourceId: number, device: string): number | null {
    const ids = new Set<number>();
    for (const { tag } of this.ofSource(sourceId)) {
      if (device === "" || tag.metric.startsWith(`${device}/`)) ids.add(tag.machineId);
    }
    const [only] = ids;
    return ids.size === 1 && only !== undefined ? only : null;
  }
}

function fresh(tag: EdgeTag, saved: SavedWindow | undefined): TagState {
  const goesOn = saved !== undefined && saved.lengthMs === tag.aggregateMs;
  const aggregate = goesOn ? restoreWindow(saved) : emptyAggregate;
  return { tag, thinned: isThinned(tag), filter: emptyFilter, aggregate };
}

function sameFilter(a: EdgeTag, b: EdgeTag): boolean {
  return (
    a.sourceId === b.sourceId &&
    a.datatype === b.datatype &&
    a.meaning === b.meaning &&
    a.unit === b.unit &&
    a.scale === b.scale &&
    a.shift === b.shift &&
    a.aggregateMs === b.aggregateMs
  );
}
