"use client";

import { Bell, CircleHelp, ClipboardList, Gauge, OctagonPause } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { StationPlace, StationViewName } from "./use-view.client.ts";

/** The same places on every view; help always in the bottom-end corner (WCAG 3.2.6). */
export function BottomBar(props: { place: StationPlace; alarms: number; stops: number }): ReactNode {
  const t = useTranslations("floor.bar");
  const { place, alarms, stops } = props;
  const at: StationViewName = place.view === "alarm" || place.view === "run" ? "alarms" : place.view;
  const item = (view: StationViewName, glyph: ReactNode, count = 0, end = false) => (
    <button
      type="button"
      aria-current={at === view ? "page" : undefined}
      onClick={() => place.go(view)}
      className={`relative flex min-h-mm-20 min-w-mm-20 flex-1 flex-col items-center justify-center gap-mm-1 rounded-md px-mm-2 text-label font-semibold aria-[current]:bg-raised aria-[current]:outline-2 aria-[current]:-outline-offset-2 aria-[current]:outline-ink sm:max-w-mm-40 ${end ? "ms-auto" : ""}`}
    >
      {glyph}
      <span className="text-center leading-tight">{t(view as "home")}</span>
      {count > 0 && (
        <span className="absolute end-[12%] top-[10%] min-w-[1.6em] rounded-full bg-ink px-[0.4em] text-center text-surface">
          {count}
        </span>
      )}
    </button>
  );
  return (
    <nav
      aria-label={t("label")}
      className="flex min-h-mm-22 items-center gap-mm-2 border-t border-line bg-surface px-mm-3 py-mm-1"
    >
      {item("home", <Gauge className="k-glyph" aria-hidden="true" />)}
      {item("alarms", <Bell className="k-glyph" aria-hidden="true" />, alarms)}
      {item("job", <ClipboardList className="k-glyph" aria-hidden="true" />)}
      {item("stops", <OctagonPause className="k-glyph" aria-hidden="true" />, stops)}
      {item("help", <CircleHelp className="k-glyph" aria-hidden="true" />, 0, true)}
    </nav>
  );
}
