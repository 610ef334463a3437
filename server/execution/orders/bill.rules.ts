import { type Dated, overlap } from "#server/core/dated.rules.ts";

/** One product is a part of another in a time. */
export interface PartOf extends Dated {
  readonly productId: string;
  readonly componentId: string;
}

/**
 * The chain by which a product would come to hold itself, from it down to itself again; null = it does not. Only what
 * holds at one and the same time makes a chain.
 */
export function circleOf(parts: readonly PartOf[], added: PartOf): string[] | null {
  const seen = new Set<string>();
  const walk = (at: string, time: Dated, chain: readonly string[]): string[] | null => {
    if (at === added.productId) return [...chain];
    // The same part at another time may close the circle, so both are remembered.
    const key = `${at} ${String(time.from)} ${String(time.to)}`;
    if (seen.has(key)) return null;
    seen.add(key);
    for (const part of parts) {
      if (part.productId !== at) continue;
      const both = overlap(time, part);
      if (both === null) continue;
      const found = walk(part.componentId, both, [...chain, part.componentId]);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(added.componentId, added, [added.productId, added.componentId]);
}

/** How much has to be at hand for so many parts: what they hold, and what is planned to be lost on the way. */
export function neededFor(line: { perPart: number; scrapPercent: number }, parts: number): number {
  return parts * line.perPart * (1 + line.scrapPercent / 100);
}
