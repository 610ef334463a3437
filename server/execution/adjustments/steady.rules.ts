/** So many judged values tell whether a process still runs away. */
const looked = 4;

/** Whether the last values stay within a band: a step computed while the value still grows would be too small. */
export function isSteady(recent: readonly number[], within: number): boolean {
  if (recent.length < looked) return false;
  const last = recent.slice(-looked);
  return Math.max(...last) - Math.min(...last) <= within;
}
