import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { ButtonLink } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";

export default async function NotFoundPage(): Promise<ReactNode> {
  const t = await getTranslations("app.error");
  return (
    <main className="flex min-h-dvh items-center justify-center p-6">
      <div className="d-panel p-6">
        <Notice
          kind="empty"
          title={t("notFound")}
          filling
          action={<ButtonLink href="/">{t("home")}</ButtonLink>}
        >
          {t("notFoundText")}
        </Notice>
      </div>
    </main>
  );
}
