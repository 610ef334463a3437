"use client";

import { useEffect } from "react";

/** Nobody touched the screen for so long, ms: a reload takes nothing out of anybody's hands. */
const idleMs = 20_000;

const drafts = new Set<symbol>();

/** While mounted with `busy`, this page holds something a reload would destroy: an open form, a running call. */
export function useDraft(busy: boolean): void {
  useEffect(() => {
    if (!busy) return undefined;
    const draft = Symbol("draft");
    drafts.add(draft);
    return () => {
      drafts.delete(draft);
    };
  }, [busy]);
}

/** Reloads the page once nobody is busy with it. A timed reload in the middle of an emergency is never right. */
export function useReloadWhenIdle(outdated: boolean): void {
  useEffect(() => {
    if (!outdated) return undefined;
    let last = performance.now();
    const touched = () => {
      last = performance.now();
    };
    const timer = setInterval(() => {
      if (drafts.size === 0 && performance.now() - last > idleMs) location.reload();
    }, 1000);
    for (const event of ["pointerdown", "keydown"]) addEventListener(event, touched, { passive: true });
    return () => {
      clearInterval(timer);
      for (const event of ["pointerdown", "keydown"]) removeEventListener(event, touched);
    };
  }, [outdated]);
}
