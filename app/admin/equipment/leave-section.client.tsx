"use client";

import { useTimeZone, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { fromLocalInput } from "#app/_lib/local-time.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useNow } from "#app/_live/now.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { TextField } from "#app/_ui/desk/field.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";

/** Says from when on a machine will be put away; until then it is used as ever. */
export function LeaveSection(props: {
  path: string;
  leavesAt: number | null;
  onSaved: () => void;
}): ReactNode {
  const { leavesAt } = props;
  const t = useTranslations("admin.equipment");
  const wrong = useErrorWords();
  const zone = useTimeZone() ?? "UTC";
  const now = useNow(60_000);
  const change = useCommand<{ leavesAt: number | null }, unknown>(props.path);
  const [day, setDay] = useState("");
  const say = (at: number | null) =>
    void change.run({ leavesAt: at }).then((done) => done !== null && props.onSaved());
  return (
    <div className="border-t border-hairline pt-4">
      {change.state.phase === "wrong" && (
        <p role="alert" className="pb-2 font-semibold">
          {wrong(change.state.error)}
        </p>
      )}
      {leavesAt === null ? (
        <form
          className="flex flex-wrap items-end justify-between gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            const at = fromLocalInput(day, zone);
            if (at !== null) say(at);
          }}
        >
          <TextField
            label={t("leaves")}
            hint={t("leavesHint")}
            type="datetime-local"
            required
            value={day}
            onChange={(event) => setDay(event.target.value)}
          />
          <Button type="submit" busy={change.busy}>
            {t("leaveThen")}
          </Button>
        </form>
      ) : (
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p>
            {t(leavesAt > now ? "leavesOn" : "leaveWaits")} <PlantTime at={leavesAt} day />
          </p>
          <Button busy={change.busy} onPress={() => say(null)}>
            {t("leaveNot")}
          </Button>
        </div>
      )}
    </div>
  );
}
