"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useSentence } from "#app/_lib/sentence.client.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords, useRefusalWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { AlarmMark } from "#app/_ui/alarm-mark.tsx";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextArea } from "#app/_ui/desk/field.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { PlantTime, Running } from "#app/_ui/relative-time.client.tsx";
import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import { whyNotShelve } from "#server/execution/alarms/alarms.rules.ts";

/** The ISA-18.2 list: highest first, oldest first; acknowledge and shelve with a reason and an end. */
export function AlarmTable(props: {
  show: "open" | "all";
  initial: readonly AlarmCard[];
  scopes: readonly string[];
  whyNotTake: string | null;
  whyNotShelve: string | null;
}): ReactNode {
  const t = useTranslations("office.alarms");
  const say = useSentence();
  const wrong = useErrorWords();
  const refusal = useRefusalWords();
  const whyNotAside = (card: AlarmCard) => {
    const why = whyNotShelve(card);
    return why === null ? null : refusal(why);
  };
  const { data, error, reread } = useRecord<readonly AlarmCard[]>({
    path: `/alarms?show=${props.show}`,
    initial: props.initial,
    scopes: props.scopes,
    topics: ["alarm."],
  });
  const command = useCommand<object, unknown>("/alarms");
  const [shelving, setShelving] = useState<AlarmCard | null>(null);
  const run = async (card: AlarmCard, deed: "take" | "unshelve") => {
    await command.run({}, `/alarms/${card.id}/${deed}`);
    reread();
  };
  const columns: readonly Column<AlarmCard>[] = [
    {
      key: "priority",
      head: t("priority"),
      value: (a) => a.priority,
      cell: (a) => (
        <AlarmMark
          priority={a.priority}
          beats={a.priority === 1 && a.state === "unack"}
          label={String(a.priority)}
        />
      ),
    },
    {
      key: "state",
      head: t("state"),
      value: (a) => a.state,
      cell: (a) => (
        <span className="d-chip" data-strong={a.state === "unack"}>
          {t(`is.${a.state}`)}
        </span>
      ),
    },
    {
      key: "machine",
      head: t("machine"),
      value: (a) => a.machine?.name ?? "",
      cell: (a) =>
        a.machine === null ? (
          "–"
        ) : (
          <Link className="d-link" href={`/office/machines/${a.machine.code}`} prefetch={false}>
            <bdi>{a.machine.name}</bdi>
          </Link>
        ),
    },
    {
      key: "what",
      head: t("what"),
      value: (a) => say(a.title),
      cell: (a) => (
        <>
          <span className="font-semibold">{say(a.title)}</span>{" "}
          <span className="block text-ink-2">{say(a.text)}</span>
        </>
      ),
    },
    { key: "since", head: t("since"), value: (a) => a.since, cell: (a) => <PlantTime at={a.since} day /> },
    {
      key: "for",
      head: t("for"),
      value: (a) => (a.clearedAt ?? a.since) - a.since,
      cell: (a) => (a.clearedAt === null ? <Running since={a.since} /> : t("over")),
    },
    {
      key: "taken",
      head: t("takenBy"),
      value: (a) => a.taken?.name ?? "",
      cell: (a) => <bdi>{a.taken?.name ?? "–"}</bdi>,
    },
    {
      key: "deed",
      head: t("deed"),
      value: () => "",
      cell: (a) => (
        <span className="flex gap-1">
          {(a.state === "unack" || a.state === "rtn_unack") && (
            <Button
              size="small"
              why={props.whyNotTake}
              busy={command.busy}
              onPress={() => void run(a, "take")}
            >
              {t("take")}
            </Button>
          )}
          {(a.state === "unack" || a.state === "ack") && (
            <Button size="small" why={props.whyNotShelve ?? whyNotAside(a)} onPress={() => setShelving(a)}>
              {t("shelve")}
            </Button>
          )}
          {a.state === "shelved" && (
            <Button
              size="small"
              why={props.whyNotShelve}
              busy={command.busy}
              onPress={() => void run(a, "unshelve")}
            >
              {t("unshelve")}
            </Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <section className="d-panel">
      {error !== null && <Notice kind="error" title={t("unread")} />}
      {command.state.phase === "wrong" && <Notice kind="error" title={wrong(command.state.error)} />}
      <DataTable
        name="alarms"
        caption={t("title")}
        columns={columns}
        rows={data}
        rowKey={(a) => a.id}
        loading={<Skeleton lines={5} label={t("loading")} />}
        empty={<Notice kind="clear" title={t("clear")} filling />}
      />
      {shelving !== null && (
        <Shelve
          card={shelving}
          onClose={() => {
            setShelving(null);
            reread();
          }}
        />
      )}
    </section>
  );
}

const terms = [15, 60, 240, 480] as const;

function Shelve(props: { card: AlarmCard; onClose: () => void }): ReactNode {
  const t = useTranslations("office.alarms");
  const wrong = useErrorWords();
  const command = useCommand<object, unknown>(`/alarms/${props.card.id}/shelve`);
  const [minutes, setMinutes] = useState<number>(terms[0]);
  const [reason, setReason] = useState("");
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) props.onClose();
      }}
      title={t("shelve")}
      closeWord={t("cancel")}
      foot={
        <>
          <Button onPress={props.onClose}>{t("cancel")}</Button>
          <Button
            tone="primary"
            why={reason.trim().length < 3 ? t("reasonNeeded") : null}
            busy={command.busy}
            onPress={() =>
              void command.run({ minutes, reason: reason.trim() }).then((done) => {
                if (done !== null) props.onClose();
              })
            }
          >
            {t("shelve")}
          </Button>
        </>
      }
    >
      <p className="text-ink-2">{t("shelveText")}</p>
      <SelectField
        label={t("howLong")}
        value={String(minutes)}
        onChange={(event) => setMinutes(Number(event.target.value))}
        options={terms.map((term) => ({ value: String(term), label: t("minutes", { minutes: term }) }))}
      />
      <TextArea
        label={t("reason")}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        problem={command.state.phase === "wrong" ? wrong(command.state.error) : undefined}
      />
    </Dialog>
  );
}
