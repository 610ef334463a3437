import { BrowseDirection, type BrowseResult, NodeClass, type ReferenceDescription } from "node-opcua-client";
import type { Clock } from "#server/core/clock.ts";
import type { OpcUaLink } from "./link.ts";

/** A variable that was found below a node. */
export interface Found {
  /** Browse names from the root on, joined by /, e.g. `cnc-1/Spindle/Speed`. */
  readonly path: string;
  readonly nodeId: string;
}

export interface BrowseLimits {
  readonly depth: number;
  readonly max: number;
  readonly timeoutMs: number;
}

export interface Search {
  readonly found: readonly Found[];
  /** Why it ended before everything was seen; null = it was. */
  readonly cut: string | null;
}

const variables: ReadonlySet<number> = new Set([NodeClass.Variable]);
/** Nodes in one request. */
const batch = 50;
/** References the server gives for one node at a time; it is asked for the rest. */
const perNode = 1000;
/** HierarchicalReferences and all that are made from it (Part 5, 11.3). */
const hierarchical = "i=33";
/** The server's own object, which says nothing of the machine. */
const serverNode = "ns=0;i=2253";

/**
 * Every variable below a node, level by level. It ends at the limits of depth, count and time, and says so; properties
 * (engineering unit, range) are no variables of their own, and a node that is reached twice is taken once.
 * @throws LinkLost
 */
export async function browse(
  link: OpcUaLink,
  root: string,
  limits: BrowseLimits,
  clock: Clock,
): Promise<Search> {
  const until = clock.monotonic() + limits.timeoutMs;
  const found: Found[] = [];
  const seen = new Set([root]);
  let level: Found[] = [{ path: "", nodeId: root }];
  for (let depth = 0; depth < limits.depth && level.length > 0; depth++) {
    const below: Found[] = [];
    for (let start = 0; start < level.length; start += batch) {
      if (clock.monotonic() > until)
        return { found, cut: `the search took longer than ${limits.timeoutMs} ms` };
      const some = level.slice(start, start + batch);
      for (const [parent, references] of await children(link, some)) {
        for (const reference of references) {
          const nodeId = reference.nodeId.toString();
          if (seen.has(nodeId) || nodeId === serverNode) continue;
          seen.add(nodeId);
          const name = reference.browseName.name ?? "";
          const child = { path: parent.path === "" ? name : `${parent.path}/${name}`, nodeId };
          below.push(child);
          if (!variables.has(reference.nodeClass)) continue;
          if (found.length >= limits.max)
            return { found, cut: `there are more than ${limits.max} variables` };
          found.push(child);
        }
      }
      if (seen.size > limits.max * 20) return { found, cut: `there are more than ${seen.size} nodes` };
    }
    level = below;
  }
  return { found, cut: level.length > 0 ? await deeper(link, level, limits.depth) : null };
}

/** Whether anything stands below the deepest level that was looked at. */
async function deeper(link: OpcUaLink, level: readonly Found[], depth: number): Promise<string | null> {
  const below = await children(link, level.slice(0, batch));
  return below.some(([, references]) => references.length > 0)
    ? `there is more than ${depth} levels below the root`
    : null;
}

async function children(
  link: OpcUaLink,
  parents: readonly Found[],
): Promise<(readonly [Found, readonly ReferenceDescription[]])[]> {
  const { session } = link;
  session.requestedMaxReferencesPerNode = perNode;
  const asked = parents.map(({ nodeId }) => ({
    nodeId,
    browseDirection: BrowseDirection.Forward,
    referenceTypeId: hierarchical,
    includeSubtypes: true,
    nodeClassMask: NodeClass.Object | NodeClass.Variable,
    resultMask: 63,
  }));
  const results = await link.ask(session.browse(asked), "the nodes below");
  const all: (readonly [Found, readonly ReferenceDescription[]])[] = [];
  for (const [i, parent] of parents.entries()) {
    const first = results[i];
    if (first !== undefined) all.push([parent, (await rest(link, first)).filter(isNoProperty)]);
  }
  return all;
}

async function rest(link: OpcUaLink, first: BrowseResult): Promise<ReferenceDescription[]> {
  const references = [...(first.references ?? [])];
  let point = first.continuationPoint;
  // A server that goes on for ever is stopped by the limit of nodes.
  for (let i = 0; i < 20 && point !== null && point !== undefined && point.length > 0; i++) {
    const next = await link.ask(link.session.browseNext(point, false), "more nodes below");
    references.push(...(next.references ?? []));
    point = next.continuationPoint;
  }
  return references;
}

/** HasProperty (Part 5, 11.7). */
const isNoProperty = ({ referenceTypeId }: ReferenceDescription): boolean =>
  referenceTypeId.toString() !== "ns=0;i=46";
