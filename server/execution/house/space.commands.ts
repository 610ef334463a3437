import { defineCommand } from "#server/core/command.ts";
import { readSpaceLimits } from "./house.queries.ts";
import { keepSetting } from "./setting.ts";
import { SpaceLimits } from "./space.contract.ts";

/** From when on a filling disk is an alarm. */
export const limitSpace = defineCommand({
  name: "space.limit",
  input: SpaceLimits,
  allow: () => ({ action: "house.manage" }),
  run: async (context, after) => {
    const before = await readSpaceLimits(context.tx);
    await keepSetting(context, { key: "space", action: "space.limit", before, after });
    return {};
  },
});
