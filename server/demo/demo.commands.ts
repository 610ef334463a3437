import { eq } from "drizzle-orm";
import { setting } from "#db/schema/core/core.ts";
import { defineCommand } from "#server/core/command.ts";
import { TellStory } from "./demo.contract.ts";
import { storyTold } from "./demo.facts.ts";

const storySetting = "story";

/** Puts the step of a story where every screen shows it; null ends it. */
export const tellStory = defineCommand({
  name: "demo.tell_story",
  input: TellStory,
  allow: () => ({ action: "plant.fault" }),
  run: async (context, { story }) => {
    const { tx, now } = context;
    if (story === null) await tx.delete(setting).where(eq(setting.key, storySetting));
    else {
      const row = { value: { ...story, at: now }, at: new Date(now) };
      await tx
        .insert(setting)
        .values({ key: storySetting, ...row })
        .onConflictDoUpdate({ target: setting.key, set: row });
    }
    context.publish(storyTold, "plant", { playing: story !== null });
    return { told: story !== null };
  },
});
