import { getTranslations } from "next-intl/server";
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { currentLanguage } from "#app/_lib/server/language.ts";
import { currentSession } from "#app/_lib/server/session.ts";
import { EnrolForm } from "./enrol-form.client.tsx";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("floor.enrolment"))("title") };
}

/** Makes this device a station by the one-time code that an administrator gave. */
export default async function EnrolPage(props: {
  searchParams: Promise<{ code?: string }>;
}): Promise<ReactNode> {
  const { code } = await props.searchParams;
  const { station } = await currentSession();
  return (
    <main className="flex min-h-0 flex-1 items-center justify-center overflow-y-auto p-mm-4">
      <EnrolForm
        code={(code ?? "").slice(0, 64)}
        station={station?.name ?? null}
        language={await currentLanguage()}
      />
    </main>
  );
}
