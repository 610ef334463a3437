"use client";

import { usePathname, useSearchParams } from "next/navigation";

const views = ["home", "alarms", "alarm", "run", "stops", "job", "help"] as const;
export type StationViewName = (typeof views)[number];

export interface StationPlace {
  readonly view: StationViewName;
  /** Of an alarm, an instruction run or a stop. */
  readonly id: string | null;
  go(view: StationViewName, id?: string): void;
}

/** Which view of the station is open stands in its address, so Back works and a reload comes back to it. */
export function useStationPlace(): StationPlace {
  const path = usePathname();
  const query = useSearchParams();
  const asked = query.get("view");
  const view = views.find((name) => name === asked) ?? "home";
  return {
    view,
    id: query.get("id"),
    go: (next, id) => {
      const to =
        next === "home"
          ? path
          : `${path}?view=${next}${id === undefined ? "" : `&id=${encodeURIComponent(id)}`}`;
      // Without the server: everything these views show is here already.
      history.pushState(null, "", to);
    },
  };
}
