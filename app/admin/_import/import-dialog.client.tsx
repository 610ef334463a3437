"use client";

import { Download, FileUp } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useRef, useState } from "react";
import { ApiFailure, ApiRefusal, ApiUnreachable, ask, read } from "#app/_lib/api.client.ts";
import { downloadText } from "#app/_lib/download.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords, useRefusalWords } from "#app/_lib/words.client.ts";
import { useDraft } from "#app/_live/reload-when-idle.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { SelectField } from "#app/_ui/desk/field.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import type {
  ImportAnswer,
  ImportFile,
  ImportKind,
  ImportTrial,
  RowProblem,
} from "#server/execution/imports/imports.contract.ts";
import { FileField, Sums, WrongRows } from "./import-parts.client.tsx";
import { mostFileBytes, readFile, wrongRowsCsv } from "./read-file.ts";

type Phase =
  | { readonly at: "choose"; readonly wrong: string | null }
  | { readonly at: "checking"; readonly name: string }
  | { readonly at: "tried"; readonly name: string; readonly file: ImportFile; readonly trial: ImportTrial }
  | { readonly at: "done"; readonly name: string; readonly answer: ImportAnswer };

const begin: Phase = { at: "choose", wrong: null };

/**
 * A button that opens the reading of a file: it is tried at once, its wrong rows are named, and it is stored when
 * somebody says so. `kinds`: what the file may hold, the usual first. `sourceId`: the source whose tags it holds. `onOpen`: the page keeps the button in its
 * place from now on; `onStored`: something was stored.
 */
export function ImportButton(props: {
  kinds: readonly [ImportKind, ...ImportKind[]];
  sourceId?: number;
  onOpen?: () => void;
  onStored: () => void;
}): ReactNode {
  const t = useTranslations("admin.import");
  const [open, setOpen] = useState(false);
  useDraft(open);
  return (
    <>
      <Button
        onPress={() => {
          props.onOpen?.();
          setOpen(true);
        }}
      >
        <FileUp className="size-4" aria-hidden="true" />
        {t("open")}
      </Button>
      {open && <ImportDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function ImportDialog(props: {
  kinds: readonly [ImportKind, ...ImportKind[]];
  sourceId?: number;
  onStored: () => void;
  onClose: () => void;
}): ReactNode {
  const { kinds, sourceId } = props;
  const t = useTranslations("admin.import");
  const app = useTranslations("app");
  const refusal = useRefusalWords();
  const errorWords = useErrorWords();
  const [kind, setKind] = useState<ImportKind>(kinds[0]);
  const [phase, setPhase] = useState<Phase>(begin);
  const run = useCommand<object, ImportAnswer>("/imports");
  // A file chosen after another one: what the first still has to say comes too late.
  const turn = useRef(0);
  const words = (error: unknown) =>
    error instanceof ApiRefusal || error instanceof ApiFailure || error instanceof ApiUnreachable
      ? errorWords(error)
      : t("unread");
  const problemWords = ({ column, code, params }: RowProblem) => {
    const sentence = refusal({ code, params });
    return column === null ? sentence : `${column}: ${sentence}`;
  };

  async function choose(chosen: File): Promise<void> {
    const own = (turn.current += 1);
    const name = chosen.name;
    if (chosen.size > mostFileBytes) {
      const limit = mostFileBytes / 1024 / 1024;
      setPhase({ at: "choose", wrong: t("tooLarge", { file: name, limit }) });
      return;
    }
    setPhase({ at: "checking", name });
    run.reset();
    try {
      const file = { kind, ...(sourceId === undefined ? {} : { sourceId }), ...(await readFile(chosen)) };
      const trial = await ask<ImportTrial>("/imports/try", file);
      if (turn.current === own) setPhase({ at: "tried", name, file, trial });
    } catch (error) {
      if (turn.current === own) setPhase({ at: "choose", wrong: words(error) });
    }
  }

  async function store(name: string, file: ImportFile, trial: ImportTrial): Promise<void> {
    const answer = await run.run({ ...file, skipWrong: trial.wrong > 0 });
    if (answer === null) return;
    props.onStored();
    setPhase({ at: "done", name, answer });
    if (answer.wrong === 0) return;
    // What is wrong is told anew: something may have changed between the trial and the button.
    const left = await ask<ImportTrial>("/imports/try", file).catch(() => trial);
    downloadWrong(left);
  }

  const downloadWrong = (trial: ImportTrial) =>
    downloadText(`${kind}-wrong.csv`, wrongRowsCsv(trial, problemWords));

  async function download(which: "template" | "current"): Promise<void> {
    const source = which === "current" && sourceId !== undefined ? `?source=${sourceId}` : "";
    try {
      const { name, csv } = await read<{ name: string; csv: string }>(`/imports/${kind}/${which}${source}`);
      downloadText(name, csv);
    } catch (error) {
      setPhase({ at: "choose", wrong: words(error) });
    }
  }

  const close = () => {
    props.onClose();
    // Another time zone is every clock of the page.
    if (kind === "plant" && phase.at === "done") location.reload();
  };
  const foot = (
    <>
      {(phase.at === "tried" || phase.at === "done") && (
        <Button tone="quiet" onPress={() => setPhase(begin)}>
          {t("other")}
        </Button>
      )}
      {phase.at === "tried" && (
        <StoreButtons
          trial={phase.trial}
          busy={run.busy}
          onStore={() => void store(phase.name, phase.file, phase.trial)}
          onWrong={() => downloadWrong(phase.trial)}
        />
      )}
      {phase.at !== "tried" && <Button onPress={close}>{app("close")}</Button>}
    </>
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) close();
      }}
      title={t("title", { what: t(`kind.${kind}`) })}
      closeWord={app("close")}
      foot={foot}
    >
      {phase.at === "choose" && kinds.length > 1 && (
        <SelectField
          label={t("holds")}
          value={kind}
          onChange={(event) => setKind(event.target.value as ImportKind)}
          options={kinds.map((value) => ({ value, label: t(`kind.${value}`) }))}
        />
      )}
      {(phase.at === "choose" || phase.at === "checking") && (
        <FileField
          busy={phase.at === "checking" ? t("checking", { file: phase.name }) : null}
          onFile={(file) => void choose(file)}
        />
      )}
      {phase.at === "choose" && phase.wrong !== null && (
        <p role="alert" className="font-semibold">
          {phase.wrong}
        </p>
      )}
      {phase.at === "tried" && (
        <>
          <Sums title={t("would", { file: phase.name })} answer={phase.trial} />
          <WrongRows problems={phase.trial.problems} words={refusal} />
        </>
      )}
      {phase.at === "done" && (
        <>
          <Sums title={t("did", { file: phase.name })} answer={phase.answer} />
          <WrongRows problems={phase.answer.problems} words={refusal} />
        </>
      )}
      {run.busy && <p role="status">{t("storing")}</p>}
      {run.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {errorWords(run.state.error)}
        </p>
      )}
      {phase.at === "choose" && (
        <div className="flex flex-wrap gap-2">
          {(["template", "current"] as const).map((which) => (
            <Button key={which} size="small" tone="quiet" onPress={() => void download(which)}>
              <Download className="size-4" aria-hidden="true" />
              {t(which)}
            </Button>
          ))}
        </div>
      )}
    </Dialog>
  );
}

function StoreButtons(props: {
  trial: ImportTrial;
  busy: boolean;
  onStore: () => void;
  onWrong: () => void;
}): ReactNode {
  const t = useTranslations("admin.import");
  const { added, changed, same, wrong } = props.trial;
  const good = added + changed;
  return (
    <>
      {wrong > 0 && good === 0 && <Button onPress={props.onWrong}>{t("wrongOnly", { wrong })}</Button>}
      {good > 0 && (
        <Button tone="primary" busy={props.busy} onPress={props.onStore}>
          {wrong > 0 ? t("storeGood", { good: good + same, wrong }) : t("storeAll", { n: good + same })}
        </Button>
      )}
    </>
  );
}
