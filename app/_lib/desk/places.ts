/** Words: `app.place.<key>`. */
const keys = {
  office: ["attention", "alarms", "approvals", "orders", "materials", "corrections", "counters"],
  reports: ["reports"],
  plant: ["setup", "equipment", "calendar", "reasons"],
  products: ["products", "tools"],
  connections: ["sources", "reflexes", "deadLetters"],
  people: ["people", "stations"],
  system: ["audit", "house"],
} as const;

/** Words: `app.place.section.<name>`. */
export type Section = keyof typeof keys;

/** A place of the desk; which of them somebody sees is decided on the server by `can`. */
export interface Place {
  readonly href: string;
  readonly key: (typeof keys)[Section][number];
}

/** Words: `app.place.area.<name>`. */
export interface Area {
  readonly name: string;
  /** Its first place. */
  readonly href: string;
  readonly isHere: boolean;
}

/** As many places as a row holds beside one another. */
const mostBeside = 9;

const areaOf = (path: string): string => path.split("/")[1] ?? "";

/** The place that a page belongs to. */
export function hereOf(places: readonly Place[], path: string): Place | undefined {
  return places
    .filter(({ href }) => path === href || path.startsWith(`${href}/`))
    .toSorted((a, b) => b.href.length - a.href.length)[0];
}

/**
 * Whoever may go to few places sees all of them in one row; whoever may go everywhere sees the areas, and the places of
 * the one that is open beside them, or in a rail of their own where they are too many.
 */
export function areasOf(places: readonly Place[], path: string) {
  const name = areaOf(path);
  if (places.length <= mostBeside) return { areas: [], beside: places, rail: [] };
  const areas = [...new Set(places.map(({ href }) => areaOf(href)))].map((area): Area => ({
    name: area,
    href: places.find(({ href }) => areaOf(href) === area)?.href ?? "/",
    isHere: area === name,
  }));
  const own = places.filter(({ href }) => areaOf(href) === name);
  if (own.length > mostBeside) return { areas, beside: [], rail: own };
  // One place alone is where its area leads.
  return { areas, beside: own.length === 1 ? [] : own, rail: [] };
}

/** The places under their headings. */
export function sectionsOf(places: readonly Place[]): { name: Section; places: Place[] }[] {
  return (Object.keys(keys) as Section[])
    .map((name) => ({
      name,
      places: places.filter(({ key }) => (keys[name] as readonly string[]).includes(key)),
    }))
    .filter((section) => section.places.length > 0);
}
