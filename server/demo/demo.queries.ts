import { eq } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { setting } from "#db/schema/core/core.ts";
import { StoryView } from "./demo.contract.ts";

/** A story that was broken off is over after this. */
const longestStoryMs = 10 * 60_000;

/** The step of the story that plays now, or null. */
export async function playingStory(db: Db | Tx, now: number): Promise<StoryView> {
  const [row] = await db.select().from(setting).where(eq(setting.key, "story"));
  const story = StoryView.safeParse(row?.value ?? null);
  if (!story.success || story.data === null || story.data.at < now - longestStoryMs) return null;
  return story.data;
}
