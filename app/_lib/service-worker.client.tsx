"use client";

import { useEffect } from "react";

/** Registers the shell cache where browsers allow one: https and localhost. Elsewhere the page works without. */
export function ServiceWorker(): null {
  useEffect(() => {
    if (!("serviceWorker" in navigator) || !isSecureContext) return;
    navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(() => {
      // A certificate nobody trusts yet: the trust page helps, and the screen works without a cache.
    });
  }, []);
  return null;
}
