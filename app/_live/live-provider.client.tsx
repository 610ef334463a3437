"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { LiveLink, type LinkState } from "./live-link.ts";
import { useReloadWhenIdle } from "./reload-when-idle.client.ts";

interface Live {
  readonly link: LiveLink;
  /** The plant's time at which the server rendered this page, ms. */
  readonly renderedAt: number;
}

const Context = createContext<Live | null>(null);

/** This device's clock; every time on a screen is made from it and the measured offset. */
const deviceClock = (): number => Date.now();

function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Records are re-read when the server says that they changed, not on a whim of the browser.
        staleTime: Infinity,
        // Whoever comes back to a page paints what the server has just rendered, not what was read long ago.
        gcTime: 0,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: "always",
        retry: 2,
      },
    },
  });
}

/** Stands once around an area's pages: one socket, one cache of records, one clock. */
export function LiveProvider(props: { renderedAt: number; hz: number; children: ReactNode }): ReactNode {
  const [live] = useState<Live>(() => ({
    link: new LiveLink({ hz: props.hz, clock: deviceClock }),
    renderedAt: props.renderedAt,
  }));
  const [queries] = useState(newQueryClient);
  useEffect(() => live.link.open(), [live]);
  return (
    <Context.Provider value={live}>
      <QueryClientProvider client={queries}>
        <ReloadWhenIdle />
        {props.children}
      </QueryClientProvider>
    </Context.Provider>
  );
}

function ReloadWhenIdle(): null {
  useReloadWhenIdle(useLinkState().outdated);
  return null;
}

/** For hooks of this folder. */
export function useLive(): Live {
  const live = useContext(Context);
  if (live === null) throw new Error("a live hook needs a LiveProvider around its page");
  return live;
}

const atRender: LinkState = { phase: "connecting", since: 0, outdated: false };

export function useLinkState(): LinkState {
  const { link } = useLive();
  return useSyncExternalStore(
    (listener) => link.onState(listener),
    () => link.state,
    () => atRender,
  );
}
