/** Bytes of blocks that came and are not answered yet: bounded in total, and fairly by edge. */
export interface InFlight {
  /** Whether the block may be looked at; if so its bytes count until `leave`. */
  enter(edgeId: number, bytes: number): boolean;
  leave(edgeId: number, bytes: number): void;
  readonly bytes: number;
  readonly limit: number;
}

/**
 * @param limit bytes of all edges together
 * @param connected how many edges share it now
 */
export function createInFlight(limit: number, connected: () => number): InFlight {
  const byEdge = new Map<number, number>();
  let total = 0;
  return {
    enter(edgeId, bytes) {
      const own = byEdge.get(edgeId) ?? 0;
      const share = limit / Math.max(1, connected());
      // One block always fits, however many edges there are.
      if (total + bytes > limit || (own > 0 && own + bytes > share)) return false;
      total += bytes;
      byEdge.set(edgeId, own + bytes);
      return true;
    },
    leave(edgeId, bytes) {
      total -= bytes;
      const own = (byEdge.get(edgeId) ?? 0) - bytes;
      if (own > 0) byEdge.set(edgeId, own);
      else byEdge.delete(edgeId);
    },
    get bytes() {
      return total;
    },
    limit,
  };
}
