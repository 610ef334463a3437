/**
 * A keyboard-wedge scanner types like a very fast person: keys some milliseconds apart, Enter at the end. This
 * tells the two apart, so that a badge works anywhere on the screen, without a field.
 */
export class Wedge {
  readonly #maxGapMs: number;
  readonly #minLength: number;
  #text = "";
  #last = -Infinity;

  /** Measured scanners send a key every 7 to 20 ms; people stay above 50. */
  constructor(maxGapMs = 35, minLength = 4) {
    this.#maxGapMs = maxGapMs;
    this.#minLength = minLength;
  }

  /**
   * Hears one key. @param at monotonic ms
   * @returns the scanned text when this key ended a scan, else null
   */
  key(key: string, at: number): string | null {
    const fast = at - this.#last <= this.#maxGapMs;
    this.#last = at;
    if (key === "Enter" || key === "Tab") {
      const text = fast ? this.#text : "";
      this.#text = "";
      return text.length >= this.#minLength ? text : null;
    }
    if (key.length !== 1) return null;
    this.#text = fast ? this.#text + key : key;
    return null;
  }

  /** Whether a scan seems to be under way: the keys so far came too fast for fingers. */
  get scanning(): boolean {
    return this.#text.length >= 3;
  }
}
