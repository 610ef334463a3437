import type { Fact } from "#server/core/facts.ts";
import { alarmChanged, alarmRaised } from "#server/execution/alarms/alarms.facts.ts";
import type { AlarmPush, Changed } from "./protocol.contract.ts";

export type ScreenMessage =
  | { readonly kind: "alarm"; readonly rooms: readonly string[]; readonly alarm: AlarmPush }
  | { readonly kind: "changed"; readonly rooms: readonly string[]; readonly changed: Changed };

const alarmTopics: ReadonlySet<string> = new Set([alarmRaised.topic, alarmChanged.topic]);

/**
 * What screens are told of a run of facts, cards of alarms first. Many facts of one topic and scope are one
 * `changed` with the newest version: a flood makes one re-read, not a thousand.
 */
export function messagesOf(
  facts: readonly Fact[],
  roomsOf: (scope: string) => readonly string[],
): readonly ScreenMessage[] {
  const alarms = new Map<string, ScreenMessage>();
  const changes = new Map<string, ScreenMessage>();
  for (const fact of facts) {
    const rooms = roomsOf(fact.scope);
    if (alarmTopics.has(fact.topic)) {
      const known = alarmRaised.schema.safeParse(fact.data);
      if (known.success) {
        const { alarmId: id, machineId, card } = known.data;
        alarms.set(id, { kind: "alarm", rooms, alarm: { id, machineId, version: card.version, card } });
      }
    }
    const changed = { topic: fact.topic, scope: fact.scope, concerns: rooms, version: fact.id };
    changes.set(`${fact.topic} ${fact.scope}`, { kind: "changed", rooms, changed });
  }
  return [...alarms.values(), ...changes.values()];
}
