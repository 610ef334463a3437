import type { BornMetric } from "./birth-table.ts";
import { encodePayload } from "./payload.ts";
import type { SparkplugConfig } from "./sparkplug.contract.ts";
import { datatypes } from "./values.ts";

interface Outgoing {
  readonly topic: string;
  readonly payload: Buffer;
}

/** STATE of a host application, exactly as the specification writes it (chapter 5, host-topic-phid). */
export function statePayload(online: boolean, timestamp: number): string {
  return JSON.stringify({ online, timestamp });
}

/** What a host application says of itself on its STATE topic; null = no word of Sparkplug 3.0. */
export function readState(payload: Uint8Array): { online: boolean; timestamp: number } | null {
  try {
    const state: unknown = JSON.parse(Buffer.from(payload.subarray(0, 256)).toString("utf8"));
    if (typeof state !== "object" || state === null || !("online" in state) || !("timestamp" in state))
      return null;
    const { online, timestamp } = state;
    return typeof online === "boolean" && typeof timestamp === "number" ? { online, timestamp } : null;
  } catch {
    return null;
  }
}

/** NCMD that asks the node for all its births. */
export function rebirthCommand({ group, node }: SparkplugConfig, now: number): Outgoing {
  const metric = {
    name: "Node Control/Rebirth",
    timestamp: now,
    datatype: datatypes.Boolean,
    sayDatatype: true,
  };
  const payload = encodePayload({ timestamp: now, metrics: [{ ...metric, value: true }] });
  return { topic: `spBv1.0/${group}/NCMD/${node}`, payload: Buffer.from(payload) };
}

/** DCMD (NCMD for a metric of the node itself) with an absolute value, named and typed as its birth said. */
export function writeCommand(
  { group, node }: SparkplugConfig,
  target: BornMetric,
  value: number | string | boolean,
  now: number,
): Outgoing {
  const named = target.alias === null ? { name: target.name } : { alias: target.alias };
  const metric = { ...named, timestamp: now, datatype: target.datatype, sayDatatype: true, value };
  const payload = Buffer.from(encodePayload({ timestamp: now, metrics: [metric] }));
  const topic =
    target.device === "" ? `spBv1.0/${group}/NCMD/${node}` : `spBv1.0/${group}/DCMD/${node}/${target.device}`;
  return { topic, payload };
}
