"use client";

import { useLocale, useTimeZone, useTranslations } from "next-intl";
import { type ReactNode, useEffect, useState } from "react";
import { formatClock, formatRange, formatSpan } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useNow } from "#app/_live/now.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import type {
  MachineView,
  OfferedReason,
  StopReason,
  StopView,
} from "#server/execution/machine-state/machine-state.contract.ts";
import { stopsWithoutReason } from "./next-action.rules.ts";
import { useGroupWords, useReasonWords } from "#app/_lib/reason-words.client.ts";
import { suggested } from "./suggest.rules.ts";
import { useStationSession } from "./session.client.tsx";
import type { StationPlace } from "./use-view.client.ts";

/** A statement about a stop can be taken back for so long, ms: undo beats asking first. */
const undoMs = 10_000;

/** The stops of this shift that want a reason; one tap gives it, during the stop or after. */
export function StopsView(props: { machine: MachineView; place: StationPlace }): ReactNode {
  const { machine, place } = props;
  const t = useTranslations("floor.stops");
  const app = useTranslations("app");
  const reasons = useRecord<readonly OfferedReason[]>({
    path: `/machines/${machine.code}/stop-reasons`,
    scopes: [`machine:${String(machine.id)}`],
    topics: ["reason."],
  });
  const waiting = stopsWithoutReason(machine);
  const chosen =
    machine.stops.find((stop) => stop.id === place.id) ??
    (machine.stop?.id === place.id ? machine.stop : waiting[0]);
  if (chosen === undefined)
    return (
      <Notice kind="clear" title={t("none")} filling>
        {t("noneText")}
      </Notice>
    );
  return (
    <section
      aria-label={t("title")}
      className="mx-auto flex w-full max-w-mm-360 flex-col gap-mm-4 lg:flex-row"
    >
      <div className="min-w-0 flex-[3]">
        {reasons.data === undefined && reasons.error === null && (
          <Skeleton lines={6} label={app("loading")} />
        )}
        {reasons.data === undefined && reasons.error !== null && (
          <Notice
            kind="error"
            title={t("unread")}
            action={<KioskButton onPress={reasons.reread}>{app("retry")}</KioskButton>}
          />
        )}
        {reasons.data !== undefined && (
          <Explain key={chosen.id} stop={chosen} machine={machine} reasons={reasons.data} />
        )}
      </div>
      <ul className="flex flex-[1] flex-col gap-mm-3" aria-label={t("list")}>
        {machine.stops.slice(0, 6).map((stop) => (
          <li key={stop.id}>
            <StopRow stop={stop} current={stop.id === chosen.id} onPress={() => place.go("stops", stop.id)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function useStopSpan(stop: StopView): string {
  const t = useTranslations("floor.stops");
  const locale = useLocale();
  const timeZone = useTimeZone() ?? "UTC";
  const now = useNow(1000);
  const clock = (at: number) => formatClock(locale, timeZone, at);
  const end = stop.end === null ? t("now") : clock(stop.end);
  return `${formatRange(clock(stop.start), end)} · ${formatSpan(locale, (stop.end ?? now) - stop.start)}`;
}

function StopRow(props: { stop: StopView; current: boolean; onPress: () => void }): ReactNode {
  const { stop, current, onPress } = props;
  const t = useTranslations("floor.stops");
  const span = useStopSpan(stop);
  const name = useReasonWords();
  const reason = stop.parts.find((part) => part.reason !== null)?.reason ?? null;
  const open = stop.parts.some((part) => part.reason === null);
  return (
    <button
      type="button"
      aria-current={current}
      onClick={onPress}
      className="k-card min-h-mm-15 w-full !py-mm-2 text-start aria-[current=true]:border-ink"
    >
      <span className="block text-label text-ink-2">{span}</span>
      <span className={`block ${open ? "font-semibold" : ""}`}>
        {open || reason === null ? t("noReason") : name(reason)}
      </span>
    </button>
  );
}

function Explain(props: {
  stop: StopView;
  machine: MachineView;
  reasons: readonly OfferedReason[];
}): ReactNode {
  const { stop, machine, reasons } = props;
  const t = useTranslations("floor.stops");
  const words = useErrorWords();
  const states = useTranslations("state");
  const name = useReasonWords();
  const groupName = useGroupWords();
  const span = useStopSpan(stop);
  const { act } = useStationSession();
  const explain = useCommand<{ machineId: number; reasonId: number }, unknown>(`/stops/${stop.id}/explain`);
  const first = suggested(reasons, machine.stops, stop);
  const rest = reasons.filter((reason) => !first.includes(reason));
  const given = stop.parts.find((part) => part.by === "person")?.reason ?? null;
  const say = (reason: StopReason) =>
    act("stop.explain", machine.id, () => explain.run({ machineId: machine.id, reasonId: reason.id }));
  // The heading stands on each: under headings of their own, fewer would fit on a screen without scrolling.
  const tile = (reason: OfferedReason) => (
    <KioskButton
      key={reason.id}
      size="secondary"
      className="w-full"
      pressed={given?.id === reason.id}
      busy={explain.busy}
      onPress={() => say(reason)}
    >
      <span className="flex flex-col items-center leading-tight">
        {reason.group !== null && (
          <span className="text-label font-normal text-ink-2">{groupName(reason.group)}</span>
        )}
        <bdi>{name(reason)}</bdi>
      </span>
    </KioskButton>
  );
  return (
    <div className="flex flex-col gap-mm-4">
      <header>
        <h2 className="text-mm-4.6 font-semibold">{t("why")}</h2>
        <p className="text-ink-2">
          {span} · {states(stop.word)}
          {stop.fault !== null && (
            <>
              {" · "}
              {t("machineSays")} <bdi>{stop.fault}</bdi>
            </>
          )}
        </p>
      </header>
      {explain.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {words(explain.state.error)}
        </p>
      )}
      {explain.state.phase === "done" && <Said key={given?.id ?? 0} text={t("said")} />}
      {first.length > 0 && (
        <div>
          <p className="k-label pb-mm-1">{t("suggested")}</p>
          <div className="grid grid-cols-2 gap-mm-4 md:grid-cols-3">{first.map(tile)}</div>
        </div>
      )}
      <div className="grid grid-cols-2 gap-mm-4 md:grid-cols-3">{rest.map(tile)}</div>
    </div>
  );
}

/** It is said, and may be said anew by tapping another reason; the newest one stands. */
function Said(props: { text: string }): ReactNode {
  const [shown, setShown] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setShown(false), undoMs);
    return () => clearTimeout(timer);
  }, []);
  return shown ? <Notice kind="clear" title={props.text} /> : null;
}
