"use client";

import { useLocale, useTimeZone, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { formatClock, formatSpan } from "#app/_lib/format.ts";
import { useReasonWords } from "#app/_lib/reason-words.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Running } from "#app/_ui/relative-time.client.tsx";
import type {
  MachineView,
  StopReason,
  StopView,
} from "#server/execution/machine-state/machine-state.contract.ts";

/** The newest stops of the shift with their reasons; one that has none gets it here as well as at the station. */
export function MachineStops(props: { machine: MachineView; whyNotExplain: string | null }): ReactNode {
  const { machine, whyNotExplain } = props;
  const t = useTranslations("office.machine");
  const reasons = useRecord<readonly StopReason[]>({
    path: `/machines/${machine.code}/stop-reasons`,
    scopes: [`machine:${String(machine.id)}`],
    topics: ["reason."],
  });
  return (
    <section className="d-panel p-4" aria-labelledby="stops-title">
      <h2 id="stops-title" className="pb-2 font-semibold">
        {t("stops")}
      </h2>
      {machine.stops.length === 0 && <p className="text-ink-2">{t("noStops")}</p>}
      <ul className="flex flex-col gap-2">
        {machine.stops.slice(0, 8).map((stop) => (
          <Stop
            key={stop.id}
            stop={stop}
            machineId={machine.id}
            reasons={reasons.data ?? []}
            why={whyNotExplain}
          />
        ))}
      </ul>
    </section>
  );
}

function Stop(props: {
  stop: StopView;
  machineId: number;
  reasons: readonly StopReason[];
  why: string | null;
}): ReactNode {
  const { stop, machineId, reasons, why } = props;
  const t = useTranslations("office.machine");
  const words = useTranslations("state");
  const wrong = useErrorWords();
  const name = useReasonWords();
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const explain = useCommand<{ machineId: number; reasonId: number }, unknown>(`/stops/${stop.id}/explain`);
  const reason = stop.parts.find((part) => part.reason !== null)?.reason ?? null;
  const open = stop.parts.some((part) => part.reason === null);
  return (
    <li className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between gap-3">
        <span>
          {words(stop.word)}{" "}
          <bdi className="text-ink-2">{reason === null ? (stop.fault ?? t("noReason")) : name(reason)}</bdi>
        </span>
        <span className="text-sm whitespace-nowrap text-ink-2">
          {stop.end === null ? <Running since={stop.start} /> : formatSpan(locale, stop.end - stop.start)}
        </span>
      </div>
      {open && (
        <select
          className="d-input"
          aria-label={t("reasonOf", { time: formatClock(locale, timeZone, stop.start) })}
          value=""
          disabled={why !== null || explain.busy}
          onChange={(event) => void explain.run({ machineId, reasonId: Number(event.target.value) })}
        >
          <option value="">{why ?? t("giveReason")}</option>
          {reasons.map((one) => (
            <option key={one.id} value={one.id}>
              {name(one)}
            </option>
          ))}
        </select>
      )}
      {explain.state.phase === "wrong" && <p role="alert">{wrong(explain.state.error)}</p>}
    </li>
  );
}
