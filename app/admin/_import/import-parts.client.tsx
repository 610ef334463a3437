"use client";

import { FileUp } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { Notice } from "#app/_ui/notice.tsx";
import type { RefusalView } from "#server/core/refusal.contract.ts";
import type { ImportAnswer, RowProblem } from "#server/execution/imports/imports.contract.ts";
import { mostFileBytes } from "./read-file.ts";

/** Where a file is chosen, by key or pointer, or dropped. While one is looked at it says so. */
export function FileField(props: { busy: string | null; onFile: (file: File) => void }): ReactNode {
  const t = useTranslations("admin.import");
  const [over, setOver] = useState(false);
  const { busy } = props;
  if (busy !== null) {
    return (
      <p
        role="status"
        aria-busy="true"
        className="rounded-md border border-dashed border-ink-2 p-6 text-center"
      >
        {busy}
      </p>
    );
  }
  return (
    <div>
      <label
        className={`flex cursor-pointer flex-col items-center gap-2 rounded-md border border-dashed border-ink-2 p-6 text-center focus-within:outline-2 ${over ? "bg-band" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          const file = event.dataTransfer.files[0];
          if (file !== undefined) props.onFile(file);
        }}
      >
        <FileUp className="size-6 text-ink-2" aria-hidden="true" />
        <span className="font-semibold">{t("choose")}</span>
        <input
          type="file"
          accept=".csv,.txt,.tsv,.xlsx,text/csv"
          className="sr-only"
          onChange={(event) => {
            const file = event.target.files?.[0];
            // The same file, put right, is chosen again.
            event.target.value = "";
            if (file !== undefined) props.onFile(file);
          }}
        />
      </label>
      <p className="pt-2 text-sm text-ink-2">{t("hint", { limit: mostFileBytes / 1024 / 1024 })}</p>
    </div>
  );
}

/** What a file does, in words; a number that is nought is left out. */
export function Sums(props: { title: string; answer: ImportAnswer }): ReactNode {
  const t = useTranslations("admin.import");
  const { added, changed, wrong } = props.answer;
  const shown = (["added", "changed", "same", "wrong"] as const).filter((key) => props.answer[key] > 0);
  return (
    <div aria-live="polite">
      <p>{props.title}</p>
      <p className="text-lg font-semibold" data-import="sums">
        {shown.map((key) => t(`counts.${key}`, { n: props.answer[key] })).join(" · ")}
      </p>
      {added + changed + wrong === 0 && <Notice kind="clear" title={t("nothing")} />}
    </div>
  );
}

export function WrongRows(props: {
  problems: readonly RowProblem[];
  words: (refusal: RefusalView) => string;
}): ReactNode {
  const t = useTranslations("admin.import");
  const format = useFormatter();
  const { problems } = props;
  if (problems.length === 0) return null;
  return (
    <div className="overflow-x-auto">
      <table className="d-table">
        <caption className="sr-only">{t("problems")}</caption>
        <thead>
          <tr>
            <th data-align="end">{t("row")}</th>
            <th>{t("column")}</th>
            <th>{t("problem")}</th>
          </tr>
        </thead>
        <tbody>
          {problems.map(({ line, column, code, params }, i) => (
            // A row may have several problems, and a column two.
            <tr key={`${line} ${i}`}>
              <td data-align="end">{format.number(line)}</td>
              <td>
                <bdi>{column ?? "–"}</bdi>
              </td>
              <td className="whitespace-normal">{props.words({ code, params })}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {problems.length >= 500 && <p className="text-sm text-ink-2">{t("first", { n: problems.length })}</p>}
    </div>
  );
}
