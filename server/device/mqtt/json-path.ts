import parse from "jsonpath-rfc9535/parser";
import { Unreadable } from "./unreadable.ts";

/** One value that a path found. */
export interface Match {
  readonly value: unknown;
  /** Names and indexes on the way from the root. */
  readonly way: readonly (string | number)[];
  /** What each `*` of the path stood for, in order: pairs a value with its own time in the same list. */
  readonly stars: readonly (string | number)[];
}

type Step = { readonly pick: string | number } | "*";

/**
 * A path of RFC 9535 without what could cost more than it finds: names, indexes and `*`, no filters (they hold
 * regular expressions), no slices, no `..`. Parsed once; nothing is ever evaluated as code.
 */
export class JsonPath {
  readonly text: string;
  readonly stars: number;
  readonly #steps: readonly Step[];

  /** @throws Error with one sentence when the path is none or needs more than this. */
  constructor(text: string) {
    this.text = text;
    this.#steps = stepsOf(text);
    this.stars = this.#steps.filter((step) => step === "*").length;
  }

  /**
   * In the order of the document.
   * @throws Unreadable when there are more than `limit`.
   */
  find(document: unknown, limit: number): Match[] {
    let found: Match[] = [{ value: document, way: [], stars: [] }];
    for (const step of this.#steps) {
      const next: Match[] = [];
      for (const match of found) {
        for (const key of keysOf(match.value, step)) {
          if (next.length === limit) throw new Unreadable(`${this.text} finds more than ${limit} values`);
          const value = (match.value as Record<string | number, unknown>)[key];
          const stars = step === "*" ? [...match.stars, key] : match.stars;
          next.push({ value, way: [...match.way, key], stars });
        }
      }
      found = next;
    }
    return found;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function keysOf(value: unknown, step: Step): readonly (string | number)[] {
  if (Array.isArray(value)) {
    if (step === "*") return [...value.keys()];
    if (typeof step.pick === "string") return [];
    const index = step.pick < 0 ? value.length + step.pick : step.pick;
    return index >= 0 && index < value.length ? [index] : [];
  }
  if (!isRecord(value)) return [];
  if (step === "*") return Object.keys(value);
  return typeof step.pick === "string" && Object.hasOwn(value, step.pick) ? [step.pick] : [];
}

function stepsOf(text: string): Step[] {
  const { segments } = parsed(text);
  return segments.map(({ type, node }) => {
    const selectors = node.type === "BracketedSelection" ? node.selectors : [node];
    const [selector] = selectors;
    if (type === "ChildSegment" && selector !== undefined && selectors.length === 1) {
      if (selector.type === "WildcardSelector") return "*";
      if (selector.type === "NameSelector" || selector.type === "MemberNameShorthand")
        return { pick: selector.value };
      if (selector.type === "IndexSelector") return { pick: selector.value };
    }
    throw new Error(`${text}: only names, indexes and * are allowed, like $.values[*].v or $['x y'][0]`);
  });
}

function parsed(text: string): ReturnType<typeof parse> {
  try {
    return parse(text);
  } catch {
    throw new Error(`${text} is no JSON path: write it like $.values[*].v or $['x y'][0]`);
  }
}
