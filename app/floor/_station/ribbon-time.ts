/** The ribbon shows so much, ms. */
export const ribbonMs = 8 * 3600_000;
/** The address of its states moves on in steps, so that it is not another one at every read. */
export const ribbonStepMs = 600_000;

/** The end of the step in which `now` lies. */
export function ribbonEnd(now: number): number {
  return Math.ceil(now / ribbonStepMs) * ribbonStepMs;
}
