"use client";

import { UserRound } from "lucide-react";
import Link from "next/link";
import { useLocale, useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { send } from "#app/_lib/api.client.ts";
import { chooseLanguage, chooseTheme } from "#app/_lib/choose.client.ts";
import { newCommandId } from "#app/_lib/command-id.ts";
import { formatClock } from "#app/_lib/format.ts";
import { languageNames, languages } from "#app/_lib/i18n/languages.ts";
import { useLinkState } from "#app/_live/live-provider.client.tsx";
import { Menu } from "#app/_ui/desk/menu.client.tsx";
import { PlantClock } from "#app/_ui/relative-time.client.tsx";
import { PlaceMenu, PlaceRail, PlaceTabs } from "./places.client.tsx";
import type { Place } from "./places.ts";
import { StoryStrip } from "./story-strip.client.tsx";

/** What stays in its place below the header asks how high that is: a strip of the demo or of a lost link makes it higher. */
function tellHeight(header: HTMLElement | null): (() => void) | undefined {
  if (header === null) return undefined;
  const watch = new ResizeObserver(() => {
    header.parentElement?.style.setProperty("--desk-head", `${String(header.offsetHeight)}px`);
  });
  watch.observe(header);
  return () => watch.disconnect();
}

/** What stands around every page of the desk: where one may go, who one is, whether the plant is heard. */
export function DeskShell(props: {
  places: readonly Place[];
  name: string;
  demo: boolean;
  children: ReactNode;
}): ReactNode {
  const t = useTranslations("app");
  return (
    <div className="flex min-h-dvh flex-col [--desk-head:3.25rem]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2"
      >
        {t("skip")}
      </a>
      <header ref={tellHeight} className="sticky top-0 z-30 border-b border-hairline bg-surface">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-1.5">
          <Link
            href="/"
            prefetch={false}
            className="inline-flex min-h-10 items-center text-lg font-bold tracking-tight text-ink no-underline"
          >
            {t("name")}
          </Link>
          <PlaceTabs places={props.places} />
          <div className="ms-auto flex items-center gap-3 text-sm text-ink-2">
            <LinkWord />
            <PlantClock />
            <Person name={props.name} />
          </div>
        </div>
        <PlaceMenu places={props.places} />
        <LinkStrip />
        {props.demo && <StoryStrip />}
      </header>
      <div className="flex min-h-0 flex-1">
        <PlaceRail places={props.places} />
        <main id="content" className="flex min-h-0 min-w-0 flex-1 flex-col gap-4 p-4">
          {props.children}
        </main>
      </div>
    </div>
  );
}

function LinkWord(): ReactNode {
  const t = useTranslations("app.link");
  const { phase } = useLinkState();
  if (phase === "away" || phase === "refused") return null;
  return (
    <span className="hidden items-center gap-1.5 sm:inline-flex" data-link={phase}>
      <span className={`size-2 rounded-full ${phase === "live" ? "bg-ink-2" : "border border-line"}`} />
      {t(phase)}
    </span>
  );
}

/** Not live: said at once, in a place of its own, and what still holds. */
function LinkStrip(): ReactNode {
  const t = useTranslations("app.link");
  const locale = useLocale();
  const zone = useTimeZone() ?? "UTC";
  const { phase, since } = useLinkState();
  if (phase !== "away" && phase !== "refused") return null;
  return (
    <div
      role="alert"
      className="hatched flex flex-wrap gap-x-3 border-t border-line px-4 py-1.5 font-semibold"
    >
      <span>
        {phase === "away" ? t("away", { time: formatClock(locale, zone, since, true) }) : t("refused")}
      </span>
      <span className="font-normal">{t(phase === "away" ? "awayText" : "refusedText")}</span>
    </div>
  );
}

function Person(props: { name: string }): ReactNode {
  const t = useTranslations("app");
  const locale = useLocale();
  const signOut = async () => {
    await send("/session", newCommandId(), {}, "DELETE").catch(() => null);
    location.assign("/sign-in");
  };
  return (
    <Menu
      name={props.name}
      label={
        <>
          <UserRound className="size-4" aria-hidden="true" />
          <bdi className="hidden sm:inline">{props.name}</bdi>
        </>
      }
      items={[
        ...languages.map((language) => ({
          key: language,
          label: languageNames[language],
          chosen: language === locale,
          onPress: () => chooseLanguage(language),
        })),
        { key: "light", label: t("light"), onPress: () => chooseTheme("light") },
        { key: "dark", label: t("dark"), onPress: () => chooseTheme("dark") },
        { key: "out", label: t("signOut"), onPress: () => void signOut() },
      ]}
    />
  );
}
