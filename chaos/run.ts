import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { Random } from "#server/device/simulator/physics/random.ts";
import type { Fault, Need } from "./fault.ts";
import type { ChaosHouse } from "./house.ts";

/** Plays one fault under load and compares everything afterwards. @returns how many readings were looked at */
export async function play(fault: Fault, house: ChaosHouse, seed: number): Promise<number> {
  // Each fault has its own chance, so that it plays alone as it did among the others.
  const random = new Random(seed ^ Number(fault.id.slice(1)));
  await house.flows();
  await fault.run(house, random);
  await house.plant.settled();
  await house.flows();
  return house.truth(fault.mayLeaveGaps === true ? "excuse" : "no excuse");
}

/** What of a fault's needs is not there, or null. */
export async function missing(fault: Fault): Promise<Need | null> {
  for (const need of fault.needs ?? []) if (!(await has(need))) return need;
  return null;
}

async function has(need: Need): Promise<boolean> {
  if (need === "root") return process.getuid?.() === 0;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, need)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
