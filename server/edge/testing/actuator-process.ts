/*
 * An actuator as a process of its own, whose machine never answers a write: its test kills it in the middle of one.
 * Arguments: folder of the store, the actuation as JSON.
 */
import type { WriteResult } from "#server/device/driver.contract.ts";
import { Actuation } from "../uplink.contract.ts";
import { openActuator } from "./actuators.ts";

const [, , location = "", json = ""] = process.argv;
const { actuator, machine } = await openActuator({
  location,
  write: (tagId, value) => {
    process.stdout.write(`writing ${tagId} ${value}\n`);
    // Keeps the process alive until it is killed.
    setInterval(() => undefined, 1000);
    return new Promise<WriteResult>(() => undefined);
  },
});
machine.says(230);
await actuator.handle(Actuation.parse(JSON.parse(json)));
