/** Who a client of the edge's broker is. A node is named `group/node`, by the will it had to bring (NDEATH). */
export type MqttParty =
  | { readonly kind: "host" }
  | { readonly kind: "node"; readonly node: string }
  /** Says nothing about itself: it may connect, and that is all. */
  | { readonly kind: "stranger" };

const nodeMessages: ReadonlySet<string> = new Set(["NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA"]);
const commands: ReadonlySet<string> = new Set(["NCMD", "DCMD"]);

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
  if (namespace !== "spBv1.0" || type === undefined || rest.length > 0) return false;
  switch (party.kind) {
    case "host":
      if (group === "STATE") return node === undefined;
      return (
        commands.has(type) && node !== undefined && !retain && (type === "DCMD") === (device !== undefined)
      );
    case "node":
      return `${group}/${node}` === party.node && nodeMessages.has(type) && !retain;
    case "stranger":
      return false;
    default:
      return party satisfies never;
  }
}

/** The host hears everything of Sparkplug, hosts of 2.2 too; a node hears its own commands and who is host. */
export function mayReceive(party: MqttParty, filter: string): boolean {
  const [namespace, group, type, node] = filter.split("/");
  if (party.kind === "host") return namespace === "spBv1.0" || namespace === "STATE";
  if (namespace !== "spBv1.0" || party.kind === "stranger") return false;
  if (group === "STATE") return true;
  return type !== undefined && commands.has(type) && `${group}/${node}` === party.node;
}
