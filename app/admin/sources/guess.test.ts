import { expect, test } from "vitest";
import { guessTag, readWords, writeWords } from "./guess.ts";

test.each([
  ["press-2/GuardOpen", "boolean", "Guard open", "guard", "boolean"],
  ["Machine/Status", "number", "Status", "state", "text"],
  ["line.filler.good_count", "number", "Good count", "good", "number"],
  ["RejectCount", "number", "Reject count", "scrap", "number"],
  ["Melt/TemperatureSetpoint", "number", "Temperature setpoint", "setpoint", "number"],
  ["Melt/Temperature", "number", "Temperature", "measurement", "number"],
  ["ErrorCode", "number", "Error code", "fault", "text"],
  ["CycleTime", "number", "Cycle time", "cycle_time", "number"],
  ["Good", "text", "Good", "measurement", "text"],
  ["EnergykWh", "number", "Energyk wh", "energy", "number"],
] as const)("%s that says a %s is probably “%s”: %s", (metric, said, name, meaning, datatype) => {
  expect(guessTag(metric, said)).toMatchObject({ name, meaning, datatype });
});

test("words of a state are typed one a line or after one another, and come back as they were", () => {
  const words = { "0": "idle", "3": "running" };
  expect(readWords("0 = idle\n3=running")).toEqual(words);
  expect(readWords("0=idle; 3=running;")).toEqual(words);
  expect(readWords(writeWords(words))).toEqual(words);
  expect(readWords("  ")).toBeNull();
  expect(writeWords(null)).toBe("");
});
