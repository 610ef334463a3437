"use client";

import { useEffect, useEffectEvent } from "react";
import { Wedge } from "./wedge.ts";

/** Calls `onScan` with what a scanner typed, anywhere on the page. In a text field a person types undisturbed. */
export function useWedge(onScan: (text: string) => void): void {
  const scanned = useEffectEvent(onScan);
  useEffect(() => {
    const wedge = new Wedge();
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const text = wedge.key(event.key, event.timeStamp);
      if (text === null) return;
      event.preventDefault();
      event.stopPropagation();
      scanned(text);
    };
    // Before anything else hears it: the Enter of a scan must not press the button that has the focus.
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, []);
}
