"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { TextArea } from "#app/_ui/desk/field.tsx";
import type { AdjustmentView } from "#server/execution/adjustments/adjustments.contract.ts";

type Deed = "approve" | "reject" | "release" | "resolve-took" | "resolve-not" | "return";

/** What each state asks of a supervisor. */
function deedsOf(adjustment: AdjustmentView): readonly Deed[] {
  switch (adjustment.state) {
    case "proposed":
      return ["reject", "approve"];
    case "held":
    case "blocked":
      return ["reject", "release"];
    case "unknown":
      return ["resolve-not", "resolve-took"];
    case "helped":
    case "cannot_tell":
      return adjustment.returnedBy === null && adjustment.returns === null ? ["return"] : [];
    default:
      return [];
  }
}

const primary: ReadonlySet<Deed> = new Set(["approve", "release", "resolve-took"]);

/** The decision, with the reason where one is owed. `mayDecide` false = somebody who only looks. */
export function Decide(props: {
  adjustment: AdjustmentView;
  whyNot: string | null;
  onDone: () => void;
}): ReactNode {
  const { adjustment, whyNot, onDone } = props;
  const t = useTranslations("office.approval");
  const wrong = useErrorWords();
  const command = useCommand<object, AdjustmentView>(`/adjustments/${adjustment.id}/approve`);
  const [asking, setAsking] = useState<Deed | null>(null);
  const [reason, setReason] = useState("");

  const act = async (deed: Deed, because?: string) => {
    const name = deed === "resolve-took" || deed === "resolve-not" ? "resolve" : deed;
    const input = {
      ...(deed === "return" ? {} : { version: adjustment.version }),
      ...(because === undefined ? {} : { reason: because }),
      ...(name === "resolve" ? { took: deed === "resolve-took" } : {}),
    };
    const done = await command.run(input, `/adjustments/${adjustment.id}/${name}`);
    if (done !== null) {
      setAsking(null);
      setReason("");
    }
    onDone();
  };

  const deeds = deedsOf(adjustment);
  const problem = command.state.phase === "wrong" ? wrong(command.state.error) : null;
  const short = reason.trim().length < 3;
  return (
    <div className="flex flex-col gap-2">
      {problem !== null && asking === null && (
        <p role="alert" className="font-semibold">
          {problem}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {deeds.map((deed) => (
          <Button
            key={deed}
            tone={primary.has(deed) ? "primary" : "secondary"}
            why={whyNot}
            busy={command.busy}
            onPress={() => (deed === "approve" ? void act("approve") : setAsking(deed))}
          >
            {t(`deed.${deed}`)}
          </Button>
        ))}
      </div>
      {whyNot !== null && deeds.length > 0 && <p className="text-sm text-ink-2">{whyNot}</p>}
      <Dialog
        open={asking !== null}
        onOpenChange={(open) => {
          if (!open) setAsking(null);
        }}
        title={asking === null ? "" : t(`deed.${asking}`)}
        closeWord={t("cancel")}
        foot={
          <>
            <Button onPress={() => setAsking(null)}>{t("cancel")}</Button>
            <Button
              tone="primary"
              why={short ? t("reasonNeeded") : null}
              busy={command.busy}
              onPress={() => asking !== null && void act(asking, reason.trim())}
            >
              {asking === null ? "" : t(`deed.${asking}`)}
            </Button>
          </>
        }
      >
        {asking !== null && <p>{t(`ask.${asking}`)}</p>}
        <TextArea
          label={t("reason")}
          value={reason}
          autoFocus
          onChange={(event) => setReason(event.target.value)}
          problem={problem ?? undefined}
        />
      </Dialog>
    </div>
  );
}
