import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import { type Action, whyNotAllowed } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { openAdjustments } from "#server/execution/adjustments/adjustments.queries.ts";
import type { AdjustmentSummary, Deed } from "#server/execution/adjustments/adjustments.contract.ts";
import { whyNotDeed } from "#server/execution/adjustments/decisions.rules.ts";
import type { MachineRef, TagRef } from "#server/execution/detection/detection.contract.ts";
import { machineRef, openDeviations, tagRef } from "#server/execution/detection/detection.queries.ts";
import { listAlarms } from "./alarms.queries.ts";
import type { Refusal } from "#server/core/refusal.contract.ts";
import type { AttentionItem, AttentionView } from "./attention.contract.ts";

/** An edge that was not heard of for this long is away. It says so every few seconds while it is there. */
const edgeAwayMs = 30_000;

/** What the button of an item asks for; adjustments ask their own rules as well. */
const rights: Readonly<Record<AttentionItem["action"], Action | null>> = {
  look: null,
  take: "alarm.take",
  decide: "adjustment.decide",
  release: "adjustment.release",
  resolve: "adjustment.resolve",
  resume: "automation.on",
  explain: "stop.explain",
};

type Item = Omit<AttentionItem, "whyNot">;

/**
 * One ordered list of what needs somebody, most urgent first, then longest first; each with why this person would be
 * refused what it asks for.
 */
export async function attention(db: Db | Tx, now: number, actor: Actor): Promise<AttentionView> {
  const plain = [
    ...(await alarmItems(db)),
    ...(await deviationItems(db)),
    ...(await suspensionItems(db)),
    ...(await stopItems(db)),
    ...(await edgeItems(db, now)),
  ];
  const items = [
    ...plain.map((item): AttentionItem => {
      const right = rights[item.action];
      return { ...item, whyNot: plainRefusal(right === null ? null : whyNotAllowed(actor, right)) };
    }),
    ...(await adjustmentItems(db, now, actor)),
  ];
  return { at: now, items: items.toSorted((a, b) => a.urgency - b.urgency || a.since - b.since) };
}

function plainRefusal(refusal: Refusal | null): AttentionItem["whyNot"] {
  return refusal === null ? null : { code: refusal.code, params: { ...refusal.params } };
}

async function alarmItems(db: Db | Tx): Promise<Item[]> {
  const cards = await listAlarms(db, { show: "open", limit: 200 });
  return cards
    .filter((card) => card.state !== "shelved")
    .map((card) => ({
      key: `alarm:${card.id}`,
      kind: card.kind === "no_data" ? ("no_data" as const) : ("alarm" as const),
      // Somebody is on it: it steps back by one, but not behind what nobody has seen.
      urgency: Math.min(4, card.priority + (card.state === "ack" ? 1 : 0)),
      machine: card.machine,
      since: card.since,
      until: null,
      title: card.title,
      text: card.text,
      action: card.state === "ack" ? ("look" as const) : ("take" as const),
      target: { kind: "alarm" as const, id: card.id },
    }));
}

/** Deviations that made no alarm: only the office sees them. */
async function deviationItems(db: Db | Tx): Promise<Item[]> {
  return (await openDeviations(db))
    .filter((d) => d.alarmId === null)
    .map((d) => ({
      key: `deviation:${d.id}`,
      kind: "deviation" as const,
      urgency: 3,
      machine: d.machine,
      since: d.since,
      until: null,
      title: d.title,
      text: d.text,
      action: "look" as const,
      target: { kind: "deviation" as const, id: d.id },
    }));
}

const waiting: Readonly<
  Record<string, { urgency: number; action: AttentionItem["action"]; kind: AttentionItem["kind"] }>
> = {
  proposed: { urgency: 2, action: "decide", kind: "proposal" },
  held: { urgency: 2, action: "release", kind: "adjustment" },
  blocked: { urgency: 2, action: "release", kind: "adjustment" },
  unknown: { urgency: 1, action: "resolve", kind: "adjustment" },
};

const asDeed: Readonly<Partial<Record<AttentionItem["action"], Deed>>> = {
  decide: "approve",
  release: "release",
  resolve: "answer",
};

async function adjustmentItems(db: Db | Tx, now: number, actor: Actor): Promise<AttentionItem[]> {
  return (await openAdjustments(db, 200)).flatMap(({ summary: a, facts }): AttentionItem[] => {
    const asked = a.asksPerson ? ({ urgency: 2, action: "resolve", kind: "adjustment" } as const) : undefined;
    const wait = waiting[a.state] ?? asked;
    if (wait === undefined) return [];
    const params = adjustmentParams(a);
    const deed = asDeed[wait.action];
    const before = a.state === "proposed" || a.state === "held" || a.state === "blocked";
    return [
      {
        ...wait,
        key: `adjustment:${a.id}`,
        machine: a.machine,
        since: a.createdAt,
        until: before ? a.notAfter : null,
        title: { key: `attention.adjustment.${a.state}`, params },
        text:
          a.why === null
            ? { key: "attention.change", params }
            : { key: `refusal.${a.why.code}`, params: a.why.params },
        whyNot: plainRefusal(deed === undefined ? null : whyNotDeed(deed, facts, actor, now)),
        target: { kind: "adjustment", id: a.id },
      },
    ];
  });
}

function adjustmentParams(a: AdjustmentSummary): Record<string, string | number> {
  return {
    machine: a.machine.name,
    tag: a.target.name,
    unit: a.target.unit ?? "",
    old: a.oldValue,
    new: a.newValue,
    verdict: a.verdictReason ?? "",
  };
}

async function suspensionItems(db: Db | Tx): Promise<Item[]> {
  const rows = await db.execute<{
    machine: MachineRef;
    tag: TagRef;
    since: number;
    value: number | null;
  }>(sql`
    select ${machineRef} as machine, ${tagRef} as tag, ${epochMs(sql`s.since`)} as since, s.value
    from tag_suspension s join tag t on t.id = s.tag_id join work_unit m on m.id = s.machine_id
    order by s.since`);
  return rows.map(({ machine, tag, since, value }) => {
    const params = { machine: machine.name, tag: tag.name, value: value ?? "", unit: tag.unit ?? "" };
    return {
      key: `suspension:${tag.id}`,
      kind: "suspension" as const,
      urgency: 3,
      machine,
      since,
      until: null,
      title: { key: "attention.suspension.title", params },
      text: { key: "attention.suspension.text", params },
      action: "resume" as const,
      target: { kind: "machine" as const, id: machine.code },
    };
  });
}

/** Nobody said why, and the fault itself does not: as the station sees it. */
const unexplained: SQL = sql`not exists (select from stop_explanation e
  where e.machine_id = s.machine_id and e.during && s.during)
  and not exists (select from fault_reason f
    where f.machine_kind = m.kind and f.fault = coalesce(s.fault, s.word))`;

async function stopItems(db: Db | Tx): Promise<Item[]> {
  const rows = await db.execute<{
    id: string;
    machine: MachineRef;
    since: number;
    word: string;
    fault: string | null;
  }>(sql`
    select s.id, ${machineRef} as machine, ${epochMs(sql`lower(s.during)`)} as since, s.word, s.fault
    from stop s join work_unit m on m.id = s.machine_id
    where upper_inf(s.during) and ${unexplained}
    order by lower(s.during)`);
  return rows.map(({ id, machine, since, word, fault }) => {
    const params = { machine: machine.name, word, fault: fault ?? "" };
    return {
      key: `stop:${id}`,
      kind: "stop_without_reason" as const,
      urgency: 3,
      machine,
      since,
      until: null,
      title: { key: "attention.stop.title", params },
      text: {
        key: fault === null || fault === "" ? "attention.stop.textPlain" : "attention.stop.text",
        params,
      },
      action: "explain" as const,
      target: { kind: "machine" as const, id: machine.code },
    };
  });
}

async function edgeItems(db: Db | Tx, now: number): Promise<Item[]> {
  const rows = await db.execute<{ id: number; name: string; since: number }>(sql`
    select e.id, e.name, ${epochMs(sql`e.last_seen`)} as since
    from edge e where e.last_seen < ${instant(now - edgeAwayMs)}`);
  return rows.map(({ id, name, since }) => ({
    key: `edge:${id}`,
    kind: "edge_away" as const,
    urgency: 1,
    machine: null,
    since,
    until: null,
    title: { key: "attention.edge.title", params: { edge: name } },
    text: { key: "attention.edge.text", params: { edge: name } },
    action: "look" as const,
    target: { kind: "edge" as const, id: String(id) },
  }));
}
