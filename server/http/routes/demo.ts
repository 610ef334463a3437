import { z } from "zod";
import { tellStory } from "#server/demo/demo.commands.ts";
import { StoryView } from "#server/demo/demo.contract.ts";
import { playingStory } from "#server/demo/demo.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

/** The demo's stories; a real plant has none and answers null. */
export const demoRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/demo/story",
    action: "floor.look",
    shared: true,
    response: z.object({ story: StoryView }),
    summary: "The step of the demo story that plays now",
    run: async ({ db, clock }) => ({ story: await playingStory(db, clock.now()) }),
  });
  commandRoute(api, {
    path: "/demo/story",
    command: tellStory,
    response: z.object({ told: z.boolean() }),
    summary: "Show a step of a demo story on every screen, or end it",
  });
};
