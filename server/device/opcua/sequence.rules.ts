/*
 * Sequence numbers of notification messages (OPC UA Part 4, 7.27 and 5.14.1.1): they grow by one from 1, and after
 * the largest comes 1 again, never 0. A keep-alive carries the number of the message that comes next.
 */

const largest = 0xffff_ffff;
/** More missing messages than this are not asked for one by one. */
export const maxMissing = 1000;

export const nextOf = (sequence: number): number => (sequence >= largest ? 1 : sequence + 1);

/**
 * What lies between the last message taken (0 = none yet) and one with this number: "again" = it was taken already;
 * else how many are missing before it.
 */
export function missingBefore(last: number, sequence: number): number | "again" {
  if (last === 0) return 0;
  const ahead = sequence > last ? sequence - last : largest - last + sequence;
  // Behind by a little is not ahead by four billion.
  if (sequence === last || ahead > largest / 2) return "again";
  return ahead - 1;
}
