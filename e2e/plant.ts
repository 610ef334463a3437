import type { RunningPlant } from "#server/launcher/plant.ts";
import type {
  FaultName,
  MachineRequest,
  PlantLogEntry,
  PlantWrite,
} from "#server/device/simulator/faults.contract.ts";

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

  async #get<T>(path: string): Promise<T> {
    return (await (await fetch(this.#control + path)).json()) as T;
  }

  /** What the plant sent after its entry number `after`, oldest first, as it wrote it down itself. */
  async log(after = 0): Promise<readonly PlantLogEntry[]> {
    const all: PlantLogEntry[] = [];
    for (;;) {
      const last = all.at(-1)?.n ?? after;
      const { entries } = await this.#get<{ entries: PlantLogEntry[] }>(`/log?after=${String(last)}`);
      if (entries.length === 0) return all;
      all.push(...entries);
    }
  }

  /** How many readings the plant has sent. */
  async said(): Promise<number> {
    return (await this.#get<{ count: number }>("/log?limit=1")).count;
  }

  /** Every write that reached a machine, and what it did about it. */
  async writes(): Promise<readonly PlantWrite[]> {
    return (await this.#get<{ writes: PlantWrite[] }>("/writes")).writes;
  }

  /** What stands at the machine itself. */
  async machine(code: string): Promise<PlantMachineState> {
    const { machines } = await this.#get<{ machines: PlantMachineState[] }>("/state");
    const found = machines.find((m) => m.code === code);
    if (found === undefined) throw new Error(`the plant has no machine ${code}`);
    return found;
  }
}

interface PlantMachineState {
  readonly code: string;
  readonly state: string;
  /** Presses only, °C. */
  readonly meltSetpoint?: number;
}
