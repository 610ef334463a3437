import { expect, test } from "vitest";
import { OpcUaConfig, type OpcUaConfigInput } from "./opcua.contract.ts";

const nodes = [{ metric: "cnc-1/Speed", node: "nsu=urn:maker:cnc;s=Speed" }];
const config: OpcUaConfigInput = { url: "opc.tcp://cnc-1:4840", nodes };

function wrong(more: object): string {
  const read = OpcUaConfig.safeParse({ ...config, ...more });
  return read.success ? "" : read.error.issues.map(({ message }) => message).join("\n");
}

test("a server and a node by the URI of its namespace are enough", () => {
  expect(wrong({})).toBe("");
  expect(OpcUaConfig.parse(config)).toMatchObject({
    publishMs: 500,
    sampleMs: 250,
    keepMs: 60_000,
    trusted: [],
  });
});

test("a node by the index of its namespace is refused with what to write instead", () => {
  expect(wrong({ nodes: [{ metric: "a", node: "ns=3;s=Speed" }] })).toContain("write nsu=<its URI>");
  expect(wrong({ nodes: [{ metric: "a", node: "Speed" }] })).toContain("nsu=<namespace URI>;s=<name>");
});

test("what stands twice, names nothing or contradicts itself is refused", () => {
  expect(wrong({ nodes: [...nodes, ...nodes] })).toBe("cnc-1/Speed stands there twice");
  expect(wrong({ nodes: [] })).toBe("name nodes, or browse for them");
  expect(wrong({ nodes: [], browse: {} })).toBe("");
  const method = { object: "nsu=urn:maker:cnc;s=Cnc", method: "nsu=urn:maker:cnc;s=SetSpeed" };
  expect(wrong({ nodes: [{ ...nodes[0], writable: true, method }] })).toContain("not both");
  expect(wrong({ url: "http://cnc-1" })).toBe("write opc.tcp://host:port");
  expect(wrong({ adress: 1 })).toContain("adress");
});

test("a login goes over a secured connection only", () => {
  const user = { kind: "password", name: "mes", passwordFile: "/run/secrets/cnc" };
  expect(wrong({ user })).toBe("a user needs security: sign or signAndEncrypt");
  expect(wrong({ user, security: { mode: "sign" } })).toBe("");
});

test("TRAP: a subscription lives at least three times as long as it may be silent", () => {
  expect(wrong({ aliveMs: 5000, keepMs: 14_000 })).toBe("keepMs must be at least three times aliveMs");
  expect(wrong({ aliveMs: 5000, keepMs: 15_000 })).toBe("");
});

test("a thumbprint may be copied as a machine shows it", () => {
  const shown = "AB:CD:EF:01 23 45 67 89 AB:CD:EF:01:23:45:67:89:AB:CD:EF:01";
  const { trusted } = OpcUaConfig.parse({ ...config, trusted: [shown] });
  expect(trusted).toEqual(["abcdef0123456789abcdef0123456789abcdef01"]);
  expect(wrong({ trusted: ["abc"] })).toBe("a thumbprint has 40 or 64 hexadecimal digits");
});
