import { systemClock } from "#server/core/clock.ts";
import { storyNames } from "./demo.contract.ts";
import { ApiHand, findDemo, HandProblem } from "./hand.ts";
import { playFirstMachine } from "./first-machine.ts";
import { playLoop, playOutage, type Stage } from "./stories.ts";

// `npm run demo -- loop|outage|first-machine`: plays a story of at most three minutes; each step stands on the screens.

const stories = {
  loop: { play: playLoop, steps: 6 },
  outage: { play: playOutage, steps: 3 },
  "first-machine": { play: playFirstMachine, steps: 7 },
} as const;

async function run(given: string | undefined): Promise<void> {
  const name = storyNames.find((n) => n === given);
  if (name === undefined) throw new HandProblem("npm run demo -- loop | outage | first-machine");
  const demo = await findDemo(process.env);
  const api = new ApiHand(demo.url);
  await api.signIn("dana", "demo-2001");
  const { play, steps } = stories[name];
  const stage: Stage = {
    demo,
    api,
    clock: systemClock,
    find: () => findDemo(process.env),
    say: (words) => console.log(words),
    administrator: async () => {
      const hand = new ApiHand(demo.url);
      await hand.signIn("hugo", "demo-9001");
      return hand;
    },
    tell: async (step, words, params = {}) => {
      console.log(`${step}/${steps}  ${words}`);
      await api.post("/demo/story", { story: { name, step, steps, params } });
    },
  };
  console.log(
    `Open ${demo.url} and sign in as dana (demo-2001); the station of press 2 is in the links of npm start.\n`,
  );
  try {
    await play(stage);
  } finally {
    await api.post("/demo/story", { story: null }).catch(() => undefined);
  }
}

try {
  await run(process.argv[2]);
} catch (error) {
  if (!(error instanceof HandProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
