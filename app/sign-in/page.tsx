import { getTranslations } from "next-intl/server";
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { currentLanguage } from "#app/_lib/server/language.ts";
import { webEnvironment } from "#app/_lib/server/environment.ts";
import { currentSession } from "#app/_lib/server/session.ts";
import { ClientWords } from "#app/_lib/server/words.tsx";
import { LanguageMenu } from "#app/_ui/desk/language-menu.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { SignInForm } from "./sign-in-form.client.tsx";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("signIn"))("title") };
}

/** Password sign-in at a desk; the role decides where it leads. */
export default async function SignInPage(props: {
  searchParams: Promise<{ next?: string }>;
}): Promise<ReactNode> {
  const t = await getTranslations();
  const { next } = await props.searchParams;
  // Only a path of our own is followed afterwards.
  const back = next !== undefined && /^\/(?![/\\])/.test(next) ? next : null;
  const { actor } = await currentSession();
  const demo = webEnvironment().config.DEMO;
  return (
    <ClientWords namespaces={["signIn"]}>
      <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
        <div className="d-panel flex w-full max-w-104 flex-col gap-5 p-6">
          <div className="flex items-center justify-between gap-3">
            <h1 className="flex items-center gap-3 text-xl font-semibold">
              <img src="/icon.svg" alt="" width={32} height={32} />
              {t("app.name")}
            </h1>
            <LanguageMenu language={await currentLanguage()} />
          </div>
          {actor.kind === "person" && <Notice kind="clear" title={actor.name} />}
          <SignInForm back={back} demo={demo} />
        </div>
        {demo && <p className="text-sm font-semibold">{t("app.demo")}</p>}
      </main>
    </ClientWords>
  );
}
