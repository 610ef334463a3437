import { covers, matches } from "#server/device/mqtt/topics.rules.ts";

/** Who a client of the edge's broker is. A node is named `group/node`, by the will it had to bring (NDEATH). */
export type MqttParty =
  | { readonly kind: "host" }
  | { readonly kind: "node"; readonly node: string }
  /** A source of plain topics, by its code and token: the filters of its mappings are what it may say. */
  | { readonly kind: "source"; readonly filters: readonly string[] }
  /** Says nothing about itself: it may connect, and that is all. */
  | { readonly kind: "stranger" };

const nodeMessages: ReadonlySet<string> = new Set(["NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA"]);
const commands: ReadonlySet<string> = new Set(["NCMD", "DCMD"]);

const sparkplug = "spBv1.0";

/** `press/7/temperature` → `press/7/#`: what stands beside and below the topics of a filter. */
function besides(filter: string): string[] {
  const levels = filter.split("/");
  return levels.length === 1 || levels.at(-1) === "#" ? levels : [...levels.slice(0, -1), "#"];
}

/** The node whose death a will announces, as `group/node`; null when it is no Sparkplug will. */
export function nodeOfWill(topic: string): string | null {
  const [namespace, group, type, node, ...rest] = topic.split("/");
  const whole = namespace === "spBv1.0" && type === "NDEATH" && rest.length === 0;
  return whole && group !== undefined && node !== undefined && node !== "" ? `${group}/${node}` : null;
}

/**
 * Commands and STATE are the host's alone: whoever could say them could move a machine. A node speaks on its own
 * topics and keeps nothing (Sparkplug B 3.0 §5: retain is false). `$SYS` is nobody's.
 */
export function mayPublish(party: MqttParty, topic: string, retain: boolean): boolean {
  const [namespace, group, type, node, device, ...rest] = topic.split("/");
  if (namespace !== sparkplug) return mayPublishPlain(party, topic);
  if (type === undefined || rest.length > 0) return false;
  switch (party.kind) {
    case "host":
      if (group === "STATE") return node === undefined;
      return (
        commands.has(type) && node !== undefined && !retain && (type === "DCMD") === (device !== undefined)
      );
    case "node":
      return `${group}/${node}` === party.node && nodeMessages.has(type) && !retain;
    case "source":
    case "stranger":
      return false;
    default:
      return party satisfies never;
  }
}

/** Plain topics: a source says what its mappings listen to, our own host may write anywhere but into `$SYS`. */
function mayPublishPlain(party: MqttParty, topic: string): boolean {
  if (topic.startsWith("$")) return false;
  if (party.kind === "host") return true;
  const levels = topic.split("/");
  return party.kind === "source" && party.filters.some((filter) => matches(filter.split("/"), levels));
}

/**
 * The host hears everything, hosts of Sparkplug 2.2 too; a node hears its own commands and who is host; a source of plain topics what begins as
 * its own topics do, so that it hears the set-points that are written to it.
 */
export function mayReceive(party: MqttParty, filter: string): boolean {
  const levels = filter.split("/");
  const [namespace, group, type, node] = levels;
  if (party.kind === "stranger" || filter.startsWith("$")) return false;
  if (party.kind === "host") return true;
  if (party.kind === "source") {
    return namespace !== sparkplug && party.filters.some((own) => covers(besides(own), levels));
  }
  if (namespace !== sparkplug) return false;
  if (group === "STATE") return true;
  return type !== undefined && commands.has(type) && `${group}/${node}` === party.node;
}
