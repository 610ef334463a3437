import type { Random } from "#server/device/simulator/physics/random.ts";
import type { ChaosHouse } from "./house.ts";

/** What a fault needs of the machine it runs on; without it the fault is skipped, and says so. */
export type Need = "root" | "nft" | "mosquitto" | "faketime";

/** One row of the fault matrix: what is done to a house under load, and what must be true of it. */
export interface Fault {
  /** As the matrix counts them, e.g. `F04`. */
  readonly id: string;
  /** The fault and what is expected, as a sentence. */
  readonly title: string;
  readonly needs?: readonly Need[];
  /** Belongs to the short set that `npm test` plays. */
  readonly short?: true;
  /**
   * Does it and heals it. What it expects beside that nothing is lost or doubled, which is looked at after every
   * fault, it checks itself. @throws Error in words when something does not hold
   */
  readonly run: (house: ChaosHouse, random: Random) => Promise<void>;
  /** The fault may cost readings that were stored: they lie inside recorded gaps then. */
  readonly mayLeaveGaps?: true;
}
