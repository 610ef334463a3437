import { hostname } from "node:os";
import { certificateNames } from "./certificates.ts";
import type { RunningPlant } from "./plant.ts";

/** What stands on the terminal when everything runs: the addresses, and with what one comes in. */
export function closingWords(plant: RunningPlant): string {
  const { http, https } = plant.environment.ports;
  const own = certificateNames(plant.config.HOSTS).find((n) => /^\d+\./.test(n) && n !== "127.0.0.1");
  const host = own ?? hostname();
  const lines = [
    "",
    row("On this machine", plant.urls.http),
    row("Other machines", `https://${host}:${https}`),
  ];
  if (plant.environment.certificate.ca !== null)
    lines.push(row("Tablets, once", `http://${host}:${http}/trust  (how to trust this plant's certificate)`));
  lines.push(...(plant.config.DEMO ? demoWords(plant) : plantWords(plant)));
  lines.push("", "  Ctrl-C stops everything; the data stays.", "");
  return lines.join("\n");
}

const row = (name: string, text: string): string => `  ${name.padEnd(18)} ${text}`;

function demoWords(plant: RunningPlant): string[] {
  const box = [
    "THIS IS A DEMO: simulated machines, known badges, known passwords.",
    "Never connect it to a real machine. A real plant:  DEMO=0 npm start",
    `The machines run ${plant.config.DEMO_SPEED} times as fast as real ones.`,
  ];
  const people = plant.doorkeys.people.map(({ name, roles, badge }) => {
    const office = roles.some((role) => role !== "operator" && role !== "setter");
    return row(
      name,
      `${roles.join(", ").padEnd(14)} badge ${badge}, PIN ${badge}00${office ? `, password demo-${badge}` : ""}`,
    );
  });
  const stations = plant.doorkeys.stations.map(({ name, path }) => row(name, `${plant.urls.http}${path}`));
  return [
    "",
    `  ┌${"─".repeat(72)}┐`,
    ...box.map((line) => `  │ ${line.padEnd(70)} │`),
    `  └${"─".repeat(72)}┘`,
    "",
    "  Stations (open one, or its path on a tablet, and the device is that station):",
    ...stations,
    "",
    "  People (a badge is typed or scanned at a station; passwords are for the office):",
    ...people,
  ];
}

function plantWords(plant: RunningPlant): string[] {
  const { administrator } = plant.doorkeys;
  if (administrator === null) return [];
  return [
    "",
    `  The first administrator (shown this once; change it under People):`,
    row("Name", administrator.code),
    row("Password", administrator.password),
  ];
}
