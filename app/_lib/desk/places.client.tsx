"use client";

import { ChevronDown } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { type Area, areasOf, hereOf, type Place, sectionsOf } from "./places.ts";

interface PlacesProps {
  readonly places: readonly Place[];
}

/** The first row of a wide screen: the areas, and the places of the one that is open where they fit beside them. */
export function PlaceTabs({ places }: PlacesProps): ReactNode {
  const t = useTranslations("app.place");
  const path = usePathname();
  const here = hereOf(places, path);
  const { areas, beside } = areasOf(places, path);
  return (
    <nav aria-label={t("label")} className="hidden items-center gap-1 lg:flex">
      {areas.map((area) => (
        <AreaLink key={area.name} area={area} />
      ))}
      {areas.length > 0 && beside.length > 0 && (
        <span className="mx-1 self-stretch border-s border-line" aria-hidden="true" />
      )}
      {beside.map((place) => (
        <PlaceLink key={place.href} place={place} here={place === here} look="d-tab min-h-10" />
      ))}
    </nav>
  );
}

/** Beside the page of a wide screen: the places of an area that has more of them than a row holds. */
export function PlaceRail({ places }: PlacesProps): ReactNode {
  const t = useTranslations("app.place");
  const path = usePathname();
  const here = hereOf(places, path);
  const { rail } = areasOf(places, path);
  if (rail.length === 0) return null;
  return (
    <nav
      aria-label={t("areaLabel")}
      className="sticky top-(--desk-head) hidden max-h-[calc(100dvh-var(--desk-head))] w-52 flex-none self-start overflow-y-auto py-4 ps-4 lg:block print:hidden"
    >
      <Sections places={rail} here={here} />
    </nav>
  );
}

/** On a narrow screen: where one is, and everything else behind it. */
export function PlaceMenu({ places }: PlacesProps): ReactNode {
  const t = useTranslations("app.place");
  const path = usePathname();
  const here = hereOf(places, path);
  return (
    // A key: a page that was gone to closes it.
    <details key={path} className="group border-t border-hairline lg:hidden">
      <summary className="flex min-h-11 cursor-pointer list-none items-center gap-2 px-4 font-semibold">
        {t(here?.key ?? "label")}
        <ChevronDown className="size-4 text-ink-2 group-open:rotate-180" aria-hidden="true" />
      </summary>
      <nav aria-label={t("label")} className="max-h-[70dvh] overflow-y-auto px-4 pb-3">
        <Sections places={places} here={here} />
      </nav>
    </details>
  );
}

function Sections(props: PlacesProps & { here: Place | undefined }): ReactNode {
  const t = useTranslations("app.place");
  return sectionsOf(props.places).map(({ name, places }) => (
    <section key={name} aria-label={t(`section.${name}`)} className="pb-3">
      <h2 className="px-3 pb-0.5 text-sm font-semibold text-ink-2" aria-hidden="true">
        {t(`section.${name}`)}
      </h2>
      <ul>
        {places.map((place) => (
          <li key={place.href}>
            <PlaceLink
              place={place}
              here={place === props.here}
              look="d-tab flex min-h-11 w-full items-center lg:min-h-10"
            />
          </li>
        ))}
      </ul>
    </section>
  ));
}

function AreaLink({ area: { name, href, isHere } }: { area: Area }): ReactNode {
  const t = useTranslations("app.place.area");
  return (
    <Link
      href={href}
      prefetch={false}
      className="d-tab min-h-10"
      // The page itself is marked among its area's places.
      {...(isHere ? { "aria-current": "true" as const } : {})}
    >
      {t(name)}
    </Link>
  );
}

function PlaceLink(props: { place: Place; here: boolean; look: string }): ReactNode {
  const t = useTranslations("app.place");
  const { href, key } = props.place;
  return (
    <Link
      href={href}
      prefetch={false}
      className={props.look}
      {...(props.here ? { "aria-current": "page" as const } : {})}
    >
      {t(key)}
    </Link>
  );
}
