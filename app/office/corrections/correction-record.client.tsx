"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { CorrectionView } from "#server/enterprise/corrections/corrections.contract.ts";
import { Restated } from "./restated.client.tsx";

/** What was corrected, by whom and why, with what it restated; each can be taken back the same way. */
export function CorrectionRecord(props: {
  saved: readonly CorrectionView[];
  whyNot: string | null;
  onUndo: (correction: CorrectionView) => void;
}): ReactNode {
  const t = useTranslations("corrections");
  return (
    <section className="d-panel flex flex-col p-4" aria-labelledby="record-title">
      <h2 id="record-title" className="pb-2 font-semibold">
        {t("record")}
      </h2>
      {props.saved.length === 0 && <Notice kind="clear" title={t("nothingCorrected")} />}
      <ul className="flex flex-col">
        {props.saved.map((one) => (
          <li key={one.id} className="border-b border-hairline py-2 last:border-0" data-correction={one.kind}>
            <div className="flex flex-wrap items-start gap-x-4 gap-y-1">
              <div className="min-w-60 flex-1">
                <p>
                  <span className="font-semibold">{t(`kinds.${one.kind}`)}</span> <bdi>{one.machineName}</bdi>{" "}
                  {one.undone && <span className="d-chip">{t("undone")}</span>}
                </p>
                <p>
                  <bdi>{one.reason}</bdi>
                </p>
                <p className="text-sm text-ink-2">
                  <bdi>{one.by}</bdi> · <PlantTime at={one.at} day />
                  {one.restated.length > 0 && <> · {t("restatedShifts", { count: one.restated.length })}</>}
                </p>
              </div>
              <Button
                size="small"
                why={props.whyNot ?? (one.undone ? t("isUndone") : null)}
                onPress={() => props.onUndo(one)}
              >
                {t("undo")}
              </Button>
            </div>
            <details className="pt-1">
              <summary className="cursor-pointer text-sm text-ink-2">{t("details")}</summary>
              <div className="pt-2">
                <Restated preview={one.preview} />
              </div>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
