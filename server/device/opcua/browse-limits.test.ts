import { NodeClass, resolveNodeId } from "node-opcua-client";
import { expect, test } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { browse } from "./browse.ts";
import type { OpcUaLink } from "./link.ts";

const hasComponent = resolveNodeId("i=47");
interface Child {
  readonly id: string;
  readonly nodeClass: NodeClass;
}
const folder = (id: string): Child => ({ id, nodeClass: NodeClass.Object });
const variable = (id: string): Child => ({ id, nodeClass: NodeClass.Variable });

/** A server whose nodes are given by a function; `onAsked` runs before each answer. */
function serverOf(below: (id: string) => readonly Child[], onAsked: () => void = () => undefined) {
  const asked: string[] = [];
  const session = {
    requestedMaxReferencesPerNode: 0,
    browse: async (nodes: readonly { nodeId: string }[]) => {
      onAsked();
      return nodes.map(({ nodeId }) => {
        asked.push(nodeId);
        const references = below(nodeId).map(({ id, nodeClass }) => ({
          nodeId: resolveNodeId(id),
          browseName: { name: id.split("=").at(-1) },
          nodeClass,
          referenceTypeId: hasComponent,
        }));
        return { references, continuationPoint: null };
      });
    },
  };
  const link = { session, ask: <T>(answer: Promise<T>) => answer } as unknown as OpcUaLink;
  return { link, asked };
}
const limits = { depth: 10, max: 10, timeoutMs: 1000 };

test("a node that is reached by two ways, or by a circle, is looked into and named once", async () => {
  const { link, asked } = serverOf((id) => {
    if (id === "ns=1;s=hall") return [folder("ns=1;s=a"), folder("ns=1;s=b")];
    if (id === "ns=1;s=a" || id === "ns=1;s=b") return [folder("ns=1;s=hall"), variable("ns=1;s=speed")];
    return [];
  });
  const search = await browse(link, "ns=1;s=hall", limits, new ManualClock(0));
  expect(search).toEqual({ found: [{ path: "a/speed", nodeId: "ns=1;s=speed" }], cut: null });
  expect(asked.toSorted()).toEqual(["ns=1;s=a", "ns=1;s=b", "ns=1;s=hall", "ns=1;s=speed"]);
});

test("the server's own object is passed over: it says nothing of the machine", async () => {
  const { link } = serverOf((id) => {
    if (id === "i=85") return [folder("ns=0;i=2253"), folder("ns=1;s=a")];
    if (id === "ns=1;s=a") return [variable("ns=1;s=speed")];
    return id === "ns=0;i=2253" ? [variable("ns=0;i=2256")] : [];
  });
  const { found } = await browse(link, "i=85", limits, new ManualClock(0));
  expect(found.map(({ path }) => path)).toEqual(["a/speed"]);
});

test("a search in a slow server ends after its time with what was found, and says so", async () => {
  const clock = new ManualClock(0);
  const { link, asked } = serverOf(
    (id) => [variable(`${id}-v`), folder(`${id}-f`)],
    () => clock.advance(600),
  );
  const search = await browse(link, "ns=1;s=root", limits, clock);
  expect(search.cut).toBe("the search took longer than 1000 ms");
  const found = search.found.map(({ nodeId }) => nodeId);
  expect(found).toEqual(["ns=1;s=root-v", "ns=1;s=root-v-v", "ns=1;s=root-f-v"]);
  expect(asked).toHaveLength(3);
});

test("a server that has folders without end, and hardly a variable, is left after 20 times the limit", async () => {
  let made = 0;
  const { link } = serverOf((id) =>
    id === "ns=1;s=root"
      ? Array.from({ length: 150 }, () => folder(`ns=1;s=f${made++}`))
      : Array.from({ length: 3 }, () => folder(`ns=1;s=f${made++}`)),
  );
  const search = await browse(link, "ns=1;s=root", limits, new ManualClock(0));
  expect(search).toEqual({ found: [], cut: "there are more than 301 nodes" });
});
