import { systemClock } from "#server/core/clock.ts";
import { createLogger } from "#server/core/log.ts";
import { parsePlantConfig, startPlant } from "./plant-process.ts";

/** The plant process: may be killed at any time, it is only a plant. */
try {
  const config = parsePlantConfig(process.env); // oxlint-disable-line node/no-process-env -- the one place
  const log = createLogger("plant", config.LOG_LEVEL);
  const plant = await startPlant(config, systemClock, log);
  const stop = (): void => {
    void plant.stop().finally(() => process.exit(0));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
