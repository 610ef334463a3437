"use client";

import { useCallback, useSyncExternalStore } from "react";
import { useLive } from "./live-provider.client.tsx";

/**
 * The plant's time, ms, in steps of `everyMs`; whoever uses it is drawn again once a step. While the page wakes
 * up it is the time at which the server rendered, so that server and browser draw the same.
 */
export function useNow(everyMs = 1000): number {
  const { link, renderedAt } = useLive();
  const step = useCallback((at: number) => Math.floor(at / everyMs) * everyMs, [everyMs]);
  const subscribe = useCallback(
    (listener: () => void) => {
      const timer = setInterval(listener, Math.min(everyMs, 1000));
      return () => clearInterval(timer);
    },
    [everyMs],
  );
  return useSyncExternalStore(
    subscribe,
    () => step(link.now()),
    () => step(renderedAt),
  );
}
