/** Topic filters of MQTT (§4.7), split into levels: `+` is one level, `#` the rest and the level above it. */

/** Why this is no filter for a source; null = it is one. */
export function whyNoFilter(filter: string): string | null {
  if (filter === "" || Buffer.byteLength(filter) > 65_535) return "a filter has 1 to 65535 bytes";
  if (filter.includes("\u0000")) return "a filter has no NUL";
  // Each message would go to one of the group and the order would be lost.
  if (filter.startsWith("$share/")) return "a shared subscription loses the order: leave out $share/…";
  const levels = filter.split("/");
  const wrong = levels.some(
    (level, i) =>
      (level !== "+" && level.includes("+")) ||
      (level.includes("#") && (level !== "#" || i < levels.length - 1)),
  );
  return wrong ? "+ stands alone in its level, and # alone in the last" : null;
}

/** True when a message on the topic comes with the filter. */
export function matches(filter: readonly string[], topic: readonly string[]): boolean {
  if (hidden(filter, topic)) return false;
  for (const [i, level] of filter.entries()) {
    if (level === "#") return true;
    if (i >= topic.length || (level !== "+" && level !== topic[i])) return false;
  }
  return filter.length === topic.length;
}

/** True when every topic of `narrow` is one of `wide` too. */
export function covers(wide: readonly string[], narrow: readonly string[]): boolean {
  if (hidden(wide, narrow)) return false;
  for (const [i, level] of wide.entries()) {
    if (level === "#") return true;
    if (i >= narrow.length || narrow[i] === "#") return false;
    if (level !== "+" && level !== narrow[i]) return false;
  }
  return wide.length === narrow.length;
}

/** True when some topic comes with both. */
export function overlap(one: readonly string[], other: readonly string[]): boolean {
  if (hidden(one, other) || hidden(other, one)) return false;
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const [a, b] = [one[i], other[i]];
    if (a === "#" || b === "#") return true;
    if (a === undefined || b === undefined) return false;
    if (a !== "+" && b !== "+" && a !== b) return false;
  }
  return true;
}

/** A wildcard in the first level does not mean `$SYS` and its like. */
function hidden(filter: readonly string[], topic: readonly string[]): boolean {
  return (filter[0] === "#" || filter[0] === "+") && topic[0]?.startsWith("$") === true;
}
