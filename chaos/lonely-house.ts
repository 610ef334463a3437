import { startPlant } from "#server/launcher/plant.ts";

// A plant whose supervisor is to be killed: arguments are its folder and the port of its listener for devices.
const [, , dataDir = "", device = "0"] = process.argv;
await startPlant({ dataDir, demo: false, build: false, quiet: true, ports: { device: Number(device) } });
