import { systemClock } from "#server/core/clock.ts";
import { type LoadOptions, runLoad } from "#server/device/simulator/load.ts";

/** The load's own process, so that it neither delays the machines' devices nor must be waited for: it may be killed. */
process.once("disconnect", () => process.exit());
process.once("message", (options: Omit<LoadOptions, "clock">) => {
  runLoad({ ...options, clock: systemClock }).then(
    () => process.disconnect(),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
