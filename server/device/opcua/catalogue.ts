import { AttributeIds, StatusCodes } from "node-opcua-client";
import type { Clock } from "#server/core/clock.ts";
import { browse } from "./browse.ts";
import type { OpcUaLink } from "./link.ts";
import { nameNode, resolveNode } from "./node-id.rules.ts";
import type { Node, OpcUaConfig } from "./opcua.contract.ts";
import type { Item } from "./subscription.ts";
import { isReadable } from "./value.rules.ts";
import { describe } from "./variables.ts";
import type { Target } from "./write.ts";

/** A variable that is watched, as this server has it now. */
export interface Entry extends Item {
  /** Its name that holds for every numbering of the namespaces. */
  readonly name: string;
  readonly type: string;
  readonly unit: string | null;
  /** Where a set-point goes, or why none does. */
  readonly target: Target | { readonly why: string };
}

/** What a person must be told of a metric or of the whole. */
export interface Trouble {
  /** null = of none in particular. */
  readonly metric: string | null;
  readonly sentence: string;
  readonly raw: string;
}

export interface Catalogue {
  readonly entries: readonly Entry[];
  readonly troubles: readonly Trouble[];
}

/** Server.NamespaceArray (Part 5, 6.3.2). */
const namespaceArray = "i=2255";

/**
 * Finds the config's nodes in the namespaces as they are now, and what browsing brings.
 * @param types of each metric as it was before; changed types are told and kept here
 * @throws LinkLost
 */
export async function lookUp(
  link: OpcUaLink,
  config: OpcUaConfig,
  types: Map<string, string>,
  clock: Clock,
): Promise<Catalogue> {
  const namespaces = await namespacesOf(link);
  const troubles: Trouble[] = [];
  const named = await namedNodes(link, config, namespaces, troubles);
  const found = await browsedNodes(link, config, namespaces, named, troubles, clock);
  const entries = [...named, ...found];
  for (const { metric, type, name } of entries) {
    const before = types.get(metric);
    types.set(metric, type);
    if (before === undefined || before === type) continue;
    const sentence = `${metric} was ${before} and is ${type} now: look at its scale, its limits and who writes it`;
    troubles.push({ metric: null, sentence, raw: name });
  }
  return { entries, troubles };
}

async function namespacesOf(link: OpcUaLink): Promise<string[]> {
  const read = await link.ask(
    link.session.read({ nodeId: namespaceArray, attributeId: AttributeIds.Value }),
    "the namespaces",
  );
  const found: unknown = read.value.value;
  if (!Array.isArray(found)) throw new Error("the server does not say its namespaces");
  return found.map(String);
}

async function namedNodes(
  link: OpcUaLink,
  { nodes, sampleMs }: OpcUaConfig,
  namespaces: readonly string[],
  troubles: Trouble[],
): Promise<Entry[]> {
  const there: { node: Node; nodeId: string }[] = [];
  for (const node of nodes) {
    const nodeId = resolveNode(node.node, namespaces);
    if (nodeId !== null) there.push({ node, nodeId });
    else troubles.push(trouble(node, "the server does not have this namespace"));
  }
  const described = await describe(
    link,
    there.map(({ nodeId }) => nodeId),
  );
  const entries: Entry[] = [];
  for (const [i, { node, nodeId }] of there.entries()) {
    const is = described[i];
    if (is === undefined) continue;
    if ("missing" in is) {
      const unknown = is.missing.equals(StatusCodes.BadNodeIdUnknown);
      troubles.push(
        trouble(node, unknown ? "the server does not know this node" : `the server says ${is.missing.name}`),
      );
      continue;
    }
    const { type, unit } = is;
    if (is.many) troubles.push(trouble(node, `it is an array of ${type}, and arrays are not read`));
    else if (type !== "Null" && !isReadable(type))
      troubles.push(trouble(node, `it is ${words(type)}, which is not read`));
    else if (node.type !== undefined && node.type !== type)
      troubles.push(trouble(node, `it is ${type} at the server, and ${node.type} in the config`));
    else {
      const { metric, queue, deadband } = node;
      const target = targetOf(node, nodeId, type, is.writable, namespaces);
      entries.push({
        metric,
        nodeId,
        name: node.node,
        type,
        unit,
        sampleMs: node.sampleMs ?? sampleMs,
        queue,
        deadband,
        every: node.report === "every",
        target,
      });
    }
  }
  return entries;
}

function targetOf(
  { writable, method, metric }: Node,
  nodeId: string,
  type: string,
  allowed: boolean,
  namespaces: readonly string[],
): Entry["target"] {
  if (method !== undefined) {
    const [objectId, methodId] = [method.object, method.method].map((text) => resolveNode(text, namespaces));
    if (objectId === null || objectId === undefined || methodId === null || methodId === undefined) {
      return { why: "the server does not have the namespace of its method" };
    }
    return { kind: "method", objectId, methodId };
  }
  if (!writable) return { why: `${metric} is not declared writable` };
  // TRAP: what may be written is the user's access level, not what the config hopes.
  if (!allowed) return { why: `the server does not let this user write ${metric}` };
  return { kind: "variable", nodeId, type };
}

async function browsedNodes(
  link: OpcUaLink,
  { browse: limits, sampleMs }: OpcUaConfig,
  namespaces: readonly string[],
  named: readonly Entry[],
  troubles: Trouble[],
  clock: Clock,
): Promise<Entry[]> {
  if (limits === undefined) return [];
  const root = resolveNode(limits.root, namespaces);
  if (root === null) {
    troubles.push({
      metric: null,
      sentence: `browsing began nowhere: the server does not have the namespace of ${limits.root}`,
      raw: limits.root,
    });
    return [];
  }
  const { found, cut } = await browse(link, root, limits, clock);
  if (cut !== null) {
    const sentence = `browsing below ${limits.root} ended early: ${cut}. Begin deeper, or raise the limit`;
    troubles.push({ metric: null, sentence, raw: limits.root });
  }
  const nodesThere = new Set(named.map(({ nodeId }) => nodeId));
  const taken = new Set(named.map(({ metric }) => metric));
  const others = found.filter(({ nodeId }) => !nodesThere.has(plain(nodeId)));
  const described = await describe(
    link,
    others.map(({ nodeId }) => nodeId),
  );
  const entries: Entry[] = [];
  const left: string[] = [];
  for (const [i, { path, nodeId }] of others.entries()) {
    const is = described[i];
    if (is === undefined || "missing" in is || is.many || !isReadable(is.type)) {
      left.push(path);
      continue;
    }
    const name = nameNode(nodeId, namespaces);
    const metric = metricOf(path, name, taken);
    taken.add(metric);
    const target = { why: `${metric} was found by browsing: to write it, name it under nodes with writable` };
    const { type, unit } = is;
    entries.push({
      metric,
      nodeId,
      name,
      type,
      unit,
      sampleMs: limits.sampleMs ?? sampleMs,
      queue: undefined,
      deadband: undefined,
      every: false,
      target,
    });
  }
  if (left.length > 0) {
    const sentence = `${left.length} variables below ${limits.root} are arrays, structures or without a type, and are not read`;
    troubles.push({ metric: null, sentence, raw: left.join("\n").slice(0, 8192) });
  }
  return entries;
}

/** Two variables may have one path in two namespaces: the second is named by its node. */
function metricOf(path: string, name: string, taken: ReadonlySet<string>): string {
  const short = path.replaceAll(/\p{Cc}/gu, " ").slice(0, 256);
  return short !== "" && !taken.has(short) ? short : name.slice(0, 256);
}

const plain = (nodeId: string): string => nodeId.replace(/^ns=0;/, "");
const words = (type: string): string => (type === "ExtensionObject" ? "a structure" : `a ${type}`);

function trouble({ metric, node }: Node, why: string): Trouble {
  return { metric, sentence: `${metric} (${node}): ${why}`, raw: node };
}
