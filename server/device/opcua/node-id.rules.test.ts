import fc from "fast-check";
import { expect, test } from "vitest";
import { nameNode, parseNode, resolveNode } from "./node-id.rules.ts";

const standard = "http://opcfoundation.org/UA/";

test("a node is found in the namespace that has its URI, wherever that stands now", () => {
  const node = "nsu=urn:maker:cnc;s=Axis/X.Position;raw";
  expect(resolveNode(node, [standard, "urn:server", "urn:maker:cnc"])).toBe("ns=2;s=Axis/X.Position;raw");
  expect(resolveNode(node, [standard, "urn:server", "urn:new", "urn:maker:cnc"])).toBe(
    "ns=3;s=Axis/X.Position;raw",
  );
});

test("a namespace that the machine no longer has gives no node, and not one of another namespace", () => {
  expect(resolveNode("nsu=urn:maker:cnc;i=7", [standard, "urn:server", "urn:other"])).toBeNull();
});

test("a node of the standard needs no namespace", () => {
  expect(resolveNode("i=2258", [standard])).toBe("i=2258");
  expect(nameNode("ns=0;i=2258", [standard])).toBe("i=2258");
});

test("the index of a namespace is no name, and neither is what has no kind", () => {
  for (const wrong of [
    "ns=3;s=Speed",
    "",
    "Speed",
    "s=",
    "i=-1",
    "i=4294967296",
    "g=12",
    "nsu=;s=x",
    "nsu=urn:a",
  ]) {
    expect(parseNode(wrong), wrong).toBeNull();
  }
  for (const right of [
    "i=4294967295",
    "s=a;b=c",
    "g=09087e75-8e5e-499b-954f-f2a9603db28a",
    "nsu=urn:a;b=aGVsbG8=",
  ]) {
    expect(parseNode(right), right).not.toBeNull();
  }
});

test("a node keeps its name through any numbering of the namespaces", () => {
  const uri = fc.string({ minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(fc.uniqueArray(uri, { minLength: 2, maxLength: 8 }), fc.nat(), (uris, pick) => {
      const index = 1 + (pick % (uris.length - 1));
      const nodeId = `ns=${index};s=Speed`;
      const name = nameNode(nodeId, uris);
      expect(resolveNode(name, uris)).toBe(nodeId);
      const moved = [uris[0] ?? "", ...uris.slice(1).toReversed()];
      expect(resolveNode(name, moved)).toBe(`ns=${moved.indexOf(uris[index] ?? "")};s=Speed`);
    }),
  );
});
