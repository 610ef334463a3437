/** An epoch is 64 random bits: 16 hex digits on the wire, a signed bigint in the database. */
export function epochToDatabase(epoch: string): string {
  return BigInt.asIntN(64, BigInt(`0x${epoch}`)).toString();
}

export function epochFromDatabase(value: string | bigint): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, "0");
}

/**
 * Which of the 64 lanes carries a line's readings. Lanes spread over edges' queues and over servers; a line stays
 * on its lane for ever, so the order of its readings is kept.
 */
export function laneOf(lineId: number): number {
  // Knuth's multiplicative hash: neighbouring ids do not share a lane.
  return (Math.imul(lineId, 2_654_435_761) >>> 26) & 63;
}
