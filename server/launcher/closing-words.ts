import { hostname } from "node:os";
import { certificateNames } from "./certificates.ts";
import type { RunningPlant } from "./plant.ts";

/** What stands on the terminal when everything runs: the addresses, and for the demo who may sign in. */
export async function closingWords(plant: RunningPlant): Promise<string> {
  const { http, https } = plant.environment.ports;
  const own = certificateNames(plant.config.HOSTS).find((n) => /^\d+\./.test(n) && n !== "127.0.0.1");
  const host = own ?? hostname();
  const lines = [
    "",
    `  On this machine    http://localhost:${http}`,
    `  Other machines     https://${host}:${https}`,
  ];
  if (plant.environment.certificate.ca !== null)
    lines.push(
      `  Tablets, once      http://${host}:${http}/trust   (installs this plant's certificate authority)`,
    );
  if (plant.config.DEMO) lines.push(...(await demoWords(plant)));
  lines.push("", "  Ctrl-C stops everything; the data stays.", "");
  return lines.join("\n");
}

async function demoWords(plant: RunningPlant): Promise<string[]> {
  return [
    "",
    "  ┌──────────────────────────────────────────────────────────────────────────┐",
    "  │  THIS IS A DEMO: simulated machines, known badges, known passwords.        │",
    "  │  Never connect it to a real machine. A real plant: DEMO=0 npm start        │",
    "  └──────────────────────────────────────────────────────────────────────────┘",
    `  Simulated at ${plant.config.DEMO_SPEED} times the speed of a real plant.`,
  ];
}
