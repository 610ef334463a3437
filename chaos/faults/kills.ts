import type { KillableChild } from "#server/launcher/plant.ts";
import type { Fault } from "../fault.ts";
import type { ChaosHouse } from "../house.ts";
import type { Random } from "#server/device/simulator/physics/random.ts";

/** How often a part is killed in one run of a fault. */
const times = 3;

const killAgain =
  (...names: readonly KillableChild[]) =>
  async (house: ChaosHouse, random: Random): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await house.passes(random.between(50, 800));
      await house.kill(...names);
      await house.flows();
    }
  };

export const kills: readonly Fault[] = [
  {
    id: "F01",
    title: "The edge is killed at any moment: it goes on where its disk ends",
    short: true,
    run: killAgain("edge"),
  },
  {
    id: "F02",
    title: "The server is killed at any moment: the edge sends again what was not acknowledged",
    run: async (house, random) => {
      const database = house.wire("database");
      for (let time = 0; time < times; time++) {
        // The database takes long enough for the kill to meet blocks that wait for it.
        database.wire = { delayMs: 80 };
        await house.passes(random.between(300, 1000));
        await house.plant.kill("server");
        database.wire = {};
        await house.plant.settled();
        await house.flows();
      }
    },
  },
  {
    id: "F03",
    title: "The database is killed: the server stays up, says busy, and goes on",
    run: async (house, random) => {
      const before = house.plant.pids().server;
      await killAgain("postgres")(house, random);
      if (house.plant.pids().server !== before) throw new Error("the server died with its database");
    },
  },
];
