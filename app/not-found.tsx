import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { Notice } from "#app/_ui/notice.tsx";

/** Part of every page's frame, so it links plainly and brings no script of its own. */
export default async function NotFoundPage(): Promise<ReactNode> {
  const t = await getTranslations("app.error");
  const home = (
    // oxlint-disable-next-line nextjs/no-html-link-for-pages -- see above
    <a className="d-button" href="/">
      {t("home")}
    </a>
  );
  return (
    <main className="flex min-h-dvh items-center justify-center p-6">
      <div className="d-panel p-6">
        <Notice kind="empty" title={t("notFound")} filling action={home}>
          {t("notFoundText")}
        </Notice>
      </div>
    </main>
  );
}
