import type { DriverEvent } from "../driver.contract.ts";

/**
 * Knows up to when each device was heard without a hole. Sparkplug data are QoS 0: between the last reading heard
 * and the next birth anything may have been said, unless the birth is a rebirth within an unbroken session.
 */
export class Continuity {
  readonly #lastAt = new Map<string, number>();
  #unbroken = new Set<string>();

  heard(device: string, sourceTime: number): void {
    this.#lastAt.set(device, Math.max(this.#lastAt.get(device) ?? 0, sourceTime));
  }

  /** Order was lost now: what each device said since it was last heard is not known. */
  lost(devices: readonly string[], at: number, reason: string): DriverEvent[] {
    return devices.flatMap((device) => this.#since(device, at, reason));
  }

  /**
   * A node is born; `unbroken` names the devices whose data went on to this moment. The first birth of all ends a gap
   * of every device, whose beginning only the edge's disk knows.
   */
  nodeBorn(unbroken: readonly string[], at: number): DriverEvent[] {
    this.#unbroken = new Set(unbroken);
    if (this.#lastAt.size > 0) return [];
    return [{ kind: "gap", device: "", at, reason: "nothing is known from before this birth", to: at }];
  }

  /** The device is about to be born again without having died. */
  unbroken(device: string): void {
    this.#unbroken.add(device);
  }

  /** A device is born: the gap that ends here, if there was one. */
  deviceBorn(device: string, at: number): DriverEvent[] {
    if (this.#unbroken.delete(device)) return [];
    return this.#since(device, at, "nothing is known between its last reading and this birth");
  }

  #since(device: string, at: number, reason: string): DriverEvent[] {
    const from = this.#lastAt.get(device);
    return from === undefined ? [] : [{ kind: "gap", device, at, reason, from, to: at }];
  }
}
