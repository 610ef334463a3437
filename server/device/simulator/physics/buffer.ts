/** A small store of parts between two machines. A place is reserved when a cycle begins, taken when it ends. */
export class Buffer {
  readonly capacity: number;
  level: number;
  #reserved = 0;

  constructor(capacity: number, level: number) {
    this.capacity = capacity;
    this.level = level;
  }

  /** False when there is no room for so many. */
  reserve(parts: number): boolean {
    if (this.level + this.#reserved + parts > this.capacity) return false;
    this.#reserved += parts;
    return true;
  }

  /** Gives reserved places back and puts parts into as many of them as came out good. */
  put(reserved: number, parts: number): void {
    this.#reserved -= reserved;
    this.level += parts;
  }

  /** False, and nothing taken, when there are not so many. */
  take(parts: number): boolean {
    if (this.level < parts) return false;
    this.level -= parts;
    return true;
  }
}
