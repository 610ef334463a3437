import type { ReactNode } from "react";
import type { Place } from "#app/_lib/desk/places.ts";
import { DeskShell } from "#app/_lib/desk/shell.client.tsx";
import { type Action, can } from "#server/core/access.rules.ts";
import { Area } from "./area.tsx";
import { webEnvironment } from "./environment.ts";
import { currentSession } from "./session.ts";

const places: readonly (Place & { readonly action: Action })[] = [
  { href: "/office", key: "attention", action: "office.look" },
  { href: "/office/alarms", key: "alarms", action: "office.look" },
  { href: "/office/approvals", key: "approvals", action: "office.look" },
  { href: "/office/orders", key: "orders", action: "office.look" },
  { href: "/office/materials", key: "materials", action: "office.look" },
  { href: "/office/corrections", key: "corrections", action: "job.correct" },
  { href: "/office/counters", key: "counters", action: "counter.decide" },
  { href: "/reports", key: "reports", action: "reports.look" },
  { href: "/admin/setup", key: "setup", action: "plant.manage" },
  { href: "/admin/equipment", key: "equipment", action: "plant.manage" },
  { href: "/admin/calendar", key: "calendar", action: "calendar.plan" },
  { href: "/admin/reasons", key: "reasons", action: "plant.manage" },
  { href: "/admin/products", key: "products", action: "product.manage" },
  { href: "/admin/tools", key: "tools", action: "product.manage" },
  { href: "/admin/sources", key: "sources", action: "admin.look" },
  { href: "/admin/reflexes", key: "reflexes", action: "admin.look" },
  { href: "/admin/people", key: "people", action: "people.manage" },
  { href: "/admin/stations", key: "stations", action: "station.manage" },
  { href: "/admin/dead-letters", key: "deadLetters", action: "deadletter.manage" },
  { href: "/admin/audit", key: "audit", action: "audit.read" },
  { href: "/admin/house", key: "house", action: "admin.look" },
];

/** The frame of office, reports and admin: words, socket, and the places this person may go. */
export async function Desk(props: { words: readonly string[]; children: ReactNode }): Promise<ReactNode> {
  const { actor } = await currentSession();
  const open = places.filter((place) => can(actor, place.action)).map(({ href, key }) => ({ href, key }));
  return (
    <Area words={[...props.words, "story", "service"]} hz={20}>
      <DeskShell places={open} name={actor.name} demo={webEnvironment().config.DEMO}>
        {props.children}
      </DeskShell>
    </Area>
  );
}
