"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords, useRefusalWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { TextArea } from "#app/_ui/desk/field.tsx";
import type { AdjustmentForPerson, Deed } from "#server/execution/adjustments/adjustments.contract.ts";

const primary: ReadonlySet<Deed> = new Set(["approve", "release", "took", "answer"]);

const resolving: ReadonlySet<Deed> = new Set(["took", "did_not_take", "answer"]);

/** The decision, with the reason where one is owed. What would be refused to this person is grey and says why. */
export function Decide(props: { adjustment: AdjustmentForPerson; onDone: () => void }): ReactNode {
  const { adjustment, onDone } = props;
  const t = useTranslations("office.approval");
  const wrong = useErrorWords();
  const refusal = useRefusalWords();
  const command = useCommand<object, AdjustmentForPerson>(`/adjustments/${adjustment.id}/approve`);
  const [asking, setAsking] = useState<Deed | null>(null);
  const [reason, setReason] = useState("");

  const act = async (deed: Deed, because?: string) => {
    const name = resolving.has(deed) ? "resolve" : deed;
    const input = {
      ...(deed === "return" ? {} : { version: adjustment.version }),
      ...(because === undefined ? {} : { reason: because }),
      ...(name === "resolve" ? { took: deed === "took" } : {}),
    };
    const done = await command.run(input, `/adjustments/${adjustment.id}/${name}`);
    if (done !== null) {
      setAsking(null);
      setReason("");
    }
    onDone();
  };

  const offered = adjustment.offered.map(({ deed, whyNot }) => ({
    deed,
    why: whyNot === null ? null : refusal(whyNot),
  }));
  const reasons = new Set(offered.map(({ why }) => why).filter((why) => why !== null));
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
        {offered.map(({ deed, why }) => (
          <Button
            key={deed}
            tone={primary.has(deed) && why === null ? "primary" : "secondary"}
            why={why}
            busy={command.busy}
            onPress={() => (deed === "approve" ? void act("approve") : setAsking(deed))}
          >
            {t(`deed.${deed}`)}
          </Button>
        ))}
      </div>
      {[...reasons].map((why) => (
        <p key={why} className="text-sm text-ink-2">
          {why}
        </p>
      ))}
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
