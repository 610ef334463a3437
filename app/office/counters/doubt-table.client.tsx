"use client";

import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { formatNumber } from "#app/_lib/format.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextArea } from "#app/_ui/desk/field.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";
import type { CounterDecision, CounterDoubtView } from "#server/execution/counters/doubts.contract.ts";

/** What each counter fell from and to, what it counts now, and what a supervisor says it was. */
export function DoubtTable(props: {
  show: "open" | "decided";
  initial: readonly CounterDoubtView[];
  scopes: readonly string[];
  whyNot: string | null;
}): ReactNode {
  const t = useTranslations("office.counters");
  const locale = useLocale();
  const { data, error, reread } = useRecord<readonly CounterDoubtView[]>({
    path: `/counters/doubts?show=${props.show}`,
    initial: props.initial,
    scopes: props.scopes,
    topics: ["machine.countsChanged", "machine.pastChanged"],
  });
  const [deciding, setDeciding] = useState<CounterDoubtView | null>(null);
  const n = (value: number) => formatNumber(locale, value, Number.isInteger(value) ? 0 : 2);
  const columns: readonly Column<CounterDoubtView>[] = [
    { key: "at", head: t("at"), value: (d) => d.at, cell: (d) => <PlantTime at={d.at} day seconds /> },
    {
      key: "machine",
      head: t("machine"),
      value: (d) => d.machineName,
      cell: (d) => (
        <Link className="d-link" href={`/office/machines/${d.machineCode}`} prefetch={false}>
          <bdi>{d.machineName}</bdi>
        </Link>
      ),
    },
    {
      key: "counter",
      head: t("counter"),
      value: (d) => d.tagName,
      cell: (d) => <bdi>{d.tagName}</bdi>,
    },
    {
      key: "fell",
      head: t("fell"),
      value: (d) => d.from - d.to,
      cell: (d) => <bdi>{t("fellFromTo", { from: n(d.from), to: n(d.to) })}</bdi>,
    },
    {
      key: "counts",
      head: t("countsNow"),
      value: (d) => d.counted,
      cell: (d) => t("countsAs", { n: n(d.counted), as: t(`as.${d.decision}`) }),
    },
    {
      key: "reason",
      head: t("reason"),
      value: (d) => d.reason ?? "",
      cell: (d) => <bdi>{d.reason ?? "–"}</bdi>,
    },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (d) => (
        <Button size="small" why={props.whyNot} onPress={() => setDeciding(d)}>
          {t("decide")}
        </Button>
      ),
    },
  ];
  return (
    <section className="d-panel">
      {props.show === "open" && (data?.length ?? 0) > 0 && <p className="p-4 pb-2 text-ink-2">{t("text")}</p>}
      {error !== null && <Notice kind="error" title={t("unread")} />}
      <DataTable
        name="counters"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(d) => `${d.tagId}/${d.at}`}
        loading={<Skeleton lines={4} label={t("loading")} />}
        empty={<Notice kind="clear" title={t(props.show === "open" ? "none" : "noneDecided")} filling />}
      />
      {deciding !== null && (
        <Decide
          doubt={deciding}
          number={n}
          onClose={() => {
            setDeciding(null);
            reread();
          }}
        />
      )}
    </section>
  );
}

function Decide(props: {
  doubt: CounterDoubtView;
  number: (value: number) => string;
  onClose: () => void;
}): ReactNode {
  const { doubt, number, onClose } = props;
  const t = useTranslations("office.counters");
  const wrong = useErrorWords();
  const command = useCommand<object, unknown>("/counters/decide");
  const [decision, setDecision] = useState<CounterDecision>(doubt.decision);
  const [reason, setReason] = useState("");
  const { tagId, at, from, to, ifRollover } = doubt;
  const options: { value: CounterDecision; label: string }[] = [
    { value: "reset", label: t("ask.reset", { n: number(to) }) },
    ...(ifRollover === null
      ? []
      : [{ value: "rollover" as const, label: t("ask.rollover", { n: number(ifRollover) }) }]),
    { value: "wrong", label: t("ask.wrong") },
  ];
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={t("decideTitle")}
      closeWord={t("cancel")}
      foot={
        <>
          <Button onPress={onClose}>{t("cancel")}</Button>
          <Button
            tone="primary"
            why={reason.trim().length < 3 ? t("reasonNeeded") : null}
            busy={command.busy}
            onPress={() =>
              void command.run({ tagId, at, from, to, decision, reason: reason.trim() }).then((done) => {
                if (done !== null) onClose();
              })
            }
          >
            {t("save")}
          </Button>
        </>
      }
    >
      <p>
        <bdi className="font-semibold">{doubt.machineName}</bdi> · <bdi>{doubt.tagName}</bdi> ·{" "}
        <bdi>{t("fellFromTo", { from: number(from), to: number(to) })}</bdi>
      </p>
      <SelectField
        label={t("decideTitle")}
        value={decision}
        onChange={(event) =>
          setDecision(options.find(({ value }) => value === event.target.value)?.value ?? decision)
        }
        options={options}
      />
      <TextArea
        label={t("reason")}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        problem={command.state.phase === "wrong" ? wrong(command.state.error) : undefined}
      />
      <p className="text-ink-2">{t("restated")}</p>
    </Dialog>
  );
}
