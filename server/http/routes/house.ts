import { z } from "zod";
import { askBackup, planBackups } from "#server/execution/house/backup.commands.ts";
import { HouseView } from "#server/execution/house/house.contract.ts";
import { readHouse } from "#server/execution/house/house.queries.ts";
import { setRetention } from "#server/execution/house/retention.commands.ts";
import { limitSpace } from "#server/execution/house/space.commands.ts";
import { takeSupport } from "#server/execution/house/support.commands.ts";
import type { Bundle } from "#server/support/bundle.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const Done = z.object({});

/**
 * Backups, room on the disk, how long what is kept, the support bundle.
 * @param readers every consumer of readings, by name
 */
export function houseRoutes(readers: readonly string[], support: () => Promise<Bundle>): Routes {
  return (api) => {
    queryRoute(api, {
      path: "/house",
      action: "admin.look",
      response: HouseView,
      summary: "Backups, free space with its forecast, and how long what is kept",
      run: ({ db, clock }) => readHouse(db, clock.now(), readers),
    });
    commandRoute(api, {
      path: "/house/backup",
      command: askBackup,
      response: z.object({ runId: z.uuid() }),
      summary: "Make a backup now; how it went stands in GET /house",
    });
    commandRoute(api, {
      path: "/house/backup-plan",
      command: planBackups,
      response: Done,
      summary: "When backups are made, how many are kept, and where",
    });
    commandRoute(api, {
      path: "/house/retention",
      command: setRetention,
      response: Done,
      summary: "How long what is kept, in days",
    });
    commandRoute(api, {
      path: "/house/space",
      command: limitSpace,
      response: Done,
      summary: "From when on a filling disk is an alarm",
    });
    commandRoute(api, {
      path: "/house/support",
      command: takeSupport,
      response: z.object({ name: z.string(), zip: z.base64() }),
      summary: "A zip for a helper far away, without secrets and names of people",
      view: async () => {
        const { name, zip } = await support();
        return { name, zip: Buffer.from(zip).toString("base64") };
      },
    });
  };
}
