import "./globals.css";
import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { directionOf } from "#app/_lib/i18n/languages.ts";
import { currentLanguage } from "#app/_lib/server/language.ts";
import { currentSession } from "#app/_lib/server/session.ts";
import { ServiceWorker } from "#app/_lib/service-worker.client.tsx";

export const metadata: Metadata = {
  title: { default: "Millwright", template: "%s · Millwright" },
  icons: { icon: "/icon.svg" },
  manifest: "/manifest.webmanifest",
  referrer: "same-origin",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1, viewportFit: "cover" };

/** Language, direction and theme of every screen. The theme belongs to the station; at a desk to the browser. */
export default async function RootLayout(props: { children: ReactNode }): Promise<ReactNode> {
  const language = await currentLanguage();
  const station = await currentSession().then(
    (session) => session.station,
    () => null,
  );
  const wished = (await cookies()).get("theme")?.value;
  const theme = station?.theme ?? (wished === "dark" ? "dark" : "light");
  return (
    <html lang={language} dir={directionOf(language)} data-theme={theme} suppressHydrationWarning>
      <body>
        {props.children}
        <ServiceWorker />
      </body>
    </html>
  );
}
