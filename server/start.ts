import { parseArgs } from "node:util";
import { systemClock } from "#server/core/clock.ts";
import { parseConfig } from "#server/core/config.ts";
import { closingWords } from "./launcher/closing-words.ts";
import { Launcher } from "./launcher/plant.ts";
import { endWith, Problem } from "./launcher/problem.ts";
import { terminal } from "./launcher/progress.ts";

const echoMs = 300;
const usage = `Usage: npm start [-- OPTIONS]
  --dev      the screens reload while you write them (npm run dev)
  --fresh    throws the demo's data away first
Settings come from the environment: PORT, HTTPS_PORT, DATA_DIR, DEMO and others (see the README).`;

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        dev: { type: "boolean", default: false },
        fresh: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new Problem(`${(error as Error).message}\n${usage}`);
  }
}

function readConfig() {
  try {
    return parseConfig(process.env);
  } catch (error) {
    throw new Problem((error as Error).message);
  }
}

async function main(): Promise<void> {
  const { dev, fresh, help } = readOptions();
  if (help) {
    console.log(usage);
    return;
  }
  const config = readConfig();
  if (fresh && !config.DEMO)
    throw new Problem("--fresh throws the demo away; a real plant (DEMO=0) is never wiped.");
  const out = terminal();
  out.say(dev ? "Millwright, for development" : "Millwright");
  const launcher = new Launcher({ config, build: true, dev, fresh, terminal: out });
  let asked: number | null = null;
  const stop = () => {
    if (asked !== null) {
      // One Ctrl-C comes twice when npm passes on what the terminal has sent already.
      if (systemClock.monotonic() - asked < echoMs) return;
      launcher.stopNow();
      process.exit(130);
    }
    asked = systemClock.monotonic();
    out.say("\n  Stopping (once more to force)");
    launcher.stop().then(
      () => {
        out.say("  Stopped");
        process.exit(0);
      },
      (error: unknown) => endWith(error),
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  // Whatever ends this process ends its children.
  process.on("exit", () => launcher.stopNow());
  try {
    const plant = await launcher.start();
    out.say(closingWords(plant));
  } catch (error) {
    // Asked to stop in the middle of the start: the other path says so and ends the process.
    if (asked === null) throw error;
  }
}

main().catch(endWith);
