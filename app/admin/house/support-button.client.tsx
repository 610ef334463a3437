"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { downloadBytes } from "#app/_lib/download.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";

/** A file for a helper far away. That it was taken stands in the audit. */
export function SupportButton(): ReactNode {
  const t = useTranslations("admin.house.support");
  const words = useErrorWords();
  const take = useCommand<object, { name: string; zip: string }>("/house/support");
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Button
        busy={take.busy}
        onPress={() =>
          void take.run({}).then((made) => {
            if (made !== null) downloadBytes(made.name, made.zip, "application/zip");
          })
        }
      >
        {t("take")}
      </Button>
      <span className="text-sm text-ink-2">{t("inside")}</span>
      {take.state.phase === "wrong" && (
        <p role="alert" className="basis-full font-semibold">
          {words(take.state.error)}
        </p>
      )}
    </div>
  );
}
