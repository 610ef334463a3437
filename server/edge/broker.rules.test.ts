import { describe, expect, it } from "vitest";
import { mayPublish, mayReceive, type MqttParty, nodeOfWill } from "./broker.rules.ts";

const host: MqttParty = { kind: "host" };
const node: MqttParty = { kind: "node", node: "millwright/moulding" };
const scale: MqttParty = { kind: "source", filters: ["hall/scale/+", "hall/doors/#"] };
const stranger: MqttParty = { kind: "stranger" };

describe("who may say what on the edge's broker", () => {
  it.each<[MqttParty, string, boolean]>([
    [host, "spBv1.0/millwright/NCMD/moulding", true],
    [host, "spBv1.0/millwright/DCMD/moulding/press-2", true],
    [host, "spBv1.0/STATE/edge-1.moulding", true],
    [host, "spBv1.0/millwright/NDATA/moulding", false],
    [host, "$SYS/broker/uptime", false],
    [node, "spBv1.0/millwright/NBIRTH/moulding", true],
    [node, "spBv1.0/millwright/DDATA/moulding/press-2", true],
    [node, "spBv1.0/millwright/DDATA/finishing/oven-1", false],
    [node, "spBv1.0/other/DDATA/moulding/press-2", false],
    [node, "spBv1.0/millwright/DCMD/moulding/press-2", false],
    [node, "spBv1.0/millwright/NCMD/moulding", false],
    [node, "spBv1.0/STATE/edge-1.moulding", false],
    [node, "spBv1.0/millwright/DDATA/moulding/press-2/extra", false],
    [node, "$SYS/x", false],
    [host, "hall/scale/set", true],
    [scale, "hall/scale/weight", true],
    [scale, "hall/doors/3/open", true],
    [scale, "hall/press/weight", false],
    [scale, "spBv1.0/millwright/DDATA/moulding/press-2", false],
    [scale, "$SYS/x", false],
    [node, "hall/scale/weight", false],
    [stranger, "spBv1.0/millwright/NBIRTH/moulding", false],
    [stranger, "anything", false],
  ])("%o on %s: %s", (party, topic, allowed) => {
    expect(mayPublish(party, topic, topic.includes("STATE"))).toBe(allowed);
  });

  it("keeps no message but STATE", () => {
    expect(mayPublish(node, "spBv1.0/millwright/NBIRTH/moulding", true)).toBe(false);
    expect(mayPublish(host, "spBv1.0/millwright/DCMD/moulding/press-2", true)).toBe(false);
  });

  it.each<[MqttParty, string, boolean]>([
    [host, "spBv1.0/millwright/DDATA/moulding/+", true],
    [host, "#", true],
    [host, "$SYS/#", false],
    [scale, "hall/scale/set", true],
    [scale, "hall/doors/#", true],
    [scale, "hall/#", false],
    [scale, "hall/press/set", false],
    [scale, "spBv1.0/#", false],
    [node, "hall/scale/weight", false],
    [node, "spBv1.0/millwright/DCMD/moulding/+", true],
    [node, "spBv1.0/STATE/+", true],
    [node, "spBv1.0/millwright/DCMD/finishing/+", false],
    [node, "spBv1.0/millwright/DDATA/moulding/+", false],
    [node, "spBv1.0/#", false],
    [stranger, "spBv1.0/STATE/+", false],
    [host, "STATE/+", true],
    [node, "STATE/+", false],
    [stranger, "STATE/+", false],
  ])("%o hears %s: %s", (party, filter, allowed) => {
    expect(mayReceive(party, filter)).toBe(allowed);
  });

  it("knows a node by its will", () => {
    expect(nodeOfWill("spBv1.0/millwright/NDEATH/moulding")).toBe("millwright/moulding");
    expect(nodeOfWill("spBv1.0/millwright/DDEATH/moulding/press-2")).toBeNull();
    expect(nodeOfWill("my/last/will")).toBeNull();
  });
});
