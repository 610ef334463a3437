import { getTranslations } from "next-intl/server";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { db } from "#app/_lib/server/db.ts";
import { renderTime } from "#app/_lib/server/clock.ts";
import { currentSession } from "#app/_lib/server/session.ts";
import { KioskLink } from "#app/_ui/kiosk/link.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { can } from "#server/core/access.rules.ts";
import { machineList } from "#server/execution/machine-state/machines.queries.ts";
import { MachineTiles } from "./_station/machine-tiles.client.tsx";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("floor"))("title") };
}

/** The machines this device or person may look at; a device nobody enrolled is told how. */
export default async function FloorPage(): Promise<ReactNode> {
  const t = await getTranslations("floor");
  const { actor, station } = await currentSession();
  if (actor.kind === "nobody")
    return (
      <main className="flex flex-1 items-center justify-center p-mm-6">
        <div className="k-card max-w-mm-160">
          <Notice
            kind="empty"
            title={t("notEnrolled")}
            filling
            action={
              <div className="flex flex-wrap justify-center gap-mm-4">
                <KioskLink href="/floor/enrol" tone="primary" wide>
                  {t("enrol")}
                </KioskLink>
                <KioskLink href="/sign-in?next=/floor">{t("signInInstead")}</KioskLink>
              </div>
            }
          >
            {t("notEnrolledText")}
          </Notice>
        </div>
      </main>
    );
  const [only, ...more] = station?.machines ?? [];
  if (actor.machineIds !== undefined && only !== undefined && more.length === 0)
    redirect(`/floor/${only.code}`);
  const machines = (await machineList(db(), await renderTime())).filter((machine) =>
    can(actor, "floor.look", { machineId: machine.id }),
  );
  return (
    <main className="flex min-h-0 flex-1 flex-col gap-mm-4 overflow-y-auto p-mm-4">
      <h1 className="text-mm-5.2 font-semibold">
        {station === null ? t("title") : <bdi>{station.name}</bdi>}
      </h1>
      <MachineTiles initial={machines} scope={actor.machineIds === undefined ? "plant" : null} />
    </main>
  );
}
