"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";

/** Puts something away from now on, or takes it into use again; what it made stays. */
export function UseSwitch(props: { path: string; retiredAt: number | null; onSaved: () => void }): ReactNode {
  const t = useTranslations("admin.equipment");
  const wrong = useErrorWords();
  const use = useCommand<{ active: boolean }, unknown>(props.path);
  const active = props.retiredAt === null;
  return (
    <div className="border-t border-hairline pt-4">
      {use.state.phase === "wrong" && (
        <p role="alert" className="pb-2 font-semibold">
          {wrong(use.state.error)}
        </p>
      )}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-ink-2">
          {props.retiredAt === null ? (
            t("putAwayHint")
          ) : (
            <>
              {t("awaySince")} <PlantTime at={props.retiredAt} day />
            </>
          )}
        </p>
        <Button
          busy={use.busy}
          onPress={() => void use.run({ active: !active }).then((done) => done !== null && props.onSaved())}
        >
          {t(active ? "putAway" : "takeBack")}
        </Button>
      </div>
    </div>
  );
}
