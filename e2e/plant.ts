import type { RunningPlant } from "#server/launcher/plant.ts";
import type { FaultName, MachineRequest, PlantLogEntry } from "#server/device/simulator/faults.contract.ts";

/** The machine's hand: what happens at the machines themselves, through the simulated plant's own control port. */
export class PlantHand {
  readonly #control: string;

  constructor(plant: RunningPlant) {
    this.#control = plant.urls.control;
  }

  async #post(path: string, body: object): Promise<void> {
    const response = await fetch(this.#control + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the plant refused ${path}: ${await response.text()}`);
  }

  fault(name: FaultName, machine: string): Promise<void> {
    return this.#post("/fault", { name, machine });
  }

  /** Ends every fault of one machine, or of all. */
  clear(machine?: string): Promise<void> {
    return this.#post("/clear", machine === undefined ? {} : { machine });
  }

  /** What a person does at the machine's own panel. */
  panel(machine: string, state: MachineRequest["state"]): Promise<void> {
    return this.#post("/machine", { machine, state });
  }

  /** What the plant sent after its entry number `after`, oldest first, as it wrote it down itself. */
  async log(after = 0): Promise<readonly PlantLogEntry[]> {
    const response = await fetch(`${this.#control}/log?after=${String(after)}`);
    return ((await response.json()) as { entries: PlantLogEntry[] }).entries;
  }
}
