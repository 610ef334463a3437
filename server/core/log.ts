import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/** One logger per tier. JSON lines on standard error so that standard output stays free for answers. */
export function createLogger(tier: string, level = "info"): Logger {
  return pino({ name: tier, level, base: { tier } }, pino.destination(2));
}

/** For tests that do not look at the log. */
export const silentLogger: Logger = pino({ level: "silent" });
