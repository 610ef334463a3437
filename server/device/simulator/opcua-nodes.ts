import type { OpcUaConfigInput } from "../opcua/opcua.contract.ts";
import { plantMachines } from "./layout.ts";
import { metricsFor } from "./metrics.ts";

/** The namespace of the demo's machining cell. */
export const plantUri = "urn:millwright:plant:machining";

/** What stands in the certificate of its controller. */
export const cellName = "machining-cell";
/** Where it is reached on this computer. */
export const cellUrl = (port: number): string => `opc.tcp://127.0.0.1:${port}`;

/**
 * What a source asks of the demo's OPC UA server: every metric of its machines, encrypted, and one certificate trusted.
 * @param source code of the source
 * @param speed of the plant's physics
 */
export function opcUaConfigOf(
  source: string,
  speed: number,
  server: { readonly url: string; readonly thumbprint: string },
): OpcUaConfigInput {
  const machines = plantMachines.filter((machine) => machine.source === source);
  return {
    url: server.url,
    security: { mode: "signAndEncrypt" },
    trusted: [server.thumbprint],
    // Values come within a tenth of a second, as from the machines that speak by themselves.
    publishMs: 100,
    sampleMs: 0,
    // It is on the same computer and comes back soon.
    refusedRetryMs: 5000,
    nodes: machines.flatMap(({ code, kind }) =>
      metricsFor(kind, speed).map(({ name, writable }) => ({
        metric: `${code}/${name}`,
        node: `nsu=${plantUri};s=${code}/${name}`,
        ...(name === "CycleTime" && { report: "every" as const }),
        ...(writable !== null && { writable: true }),
      })),
    ),
  };
}
