"use client";

import { useEffect } from "react";

/** Registers the shell cache where browsers allow one: https and localhost. Elsewhere the page works without. */
export function ServiceWorker(): null {
  useEffect(() => {
    if (!("serviceWorker" in navigator) || !isSecureContext) return;
    register(navigator.serviceWorker).catch(() => {
      // A certificate nobody trusts yet: the trust page helps, and the screen works without a cache.
    });
  }, []);
  return null;
}

/** A page that was loading while the worker took over is not its own; without asking it would stay so until a reload. */
async function register(workers: ServiceWorkerContainer): Promise<void> {
  await workers.register("/sw.js", { scope: "/" });
  const { active } = await workers.ready;
  // A worker is always of one's own origin and takes no target.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  if (workers.controller === null) active?.postMessage("claim");
}
