import type { DriverEvent } from "../driver.contract.ts";

/** A gap of one device; `from` left out = since whatever was stored of it last. */
function gap(device: string, at: number, from: number | undefined, reason: string): DriverEvent {
  return { kind: "gap", device, at, reason, ...(from !== undefined && { from }), to: at };
}

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
    return devices.map((device) => gap(device, at, this.#lastAt.get(device), reason));
  }

  /** A node is born; `unbroken` names the devices whose data went on to this moment. */
  nodeBorn(unbroken: readonly string[]): void {
    this.#unbroken = new Set(unbroken);
  }

  /** The device is about to be born again without having died. */
  unbroken(device: string): void {
    this.#unbroken.add(device);
  }

  /** A device is born: the gap that ends here, null when there was none. */
  deviceBorn(device: string, at: number): DriverEvent | null {
    if (this.#unbroken.delete(device)) return null;
    return gap(device, at, this.#lastAt.get(device), "nothing is known from before this birth");
  }
}
