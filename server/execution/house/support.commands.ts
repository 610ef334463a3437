import { z } from "zod";
import { defineCommand } from "#server/core/command.ts";

/** Somebody takes a support bundle out of the plant: what is inside is made by server/support, that it was taken stands here. */
export const takeSupport = defineCommand({
  name: "support.make",
  input: z.strictObject({}),
  allow: () => ({ action: "house.manage" }),
  run: (context) => {
    context.audit({ action: "support.make", objectType: "support", objectId: context.commandId });
    return Promise.resolve({});
  },
});
