import { AttributeIds, DataType, type StatusCode, VariantArrayType } from "node-opcua-client";
import type { WriteResult } from "../driver.contract.ts";
import { LinkLost, type OpcUaLink } from "./link.ts";
import { isReadable, outcomeOf, whyNotFitting } from "./value.rules.ts";
import { basicType } from "./variables.ts";

/** Where a set-point goes: with the indexes that namespaces have now. */
export type Target =
  | { readonly kind: "variable"; readonly nodeId: string; readonly type: string }
  | { readonly kind: "method"; readonly objectId: string; readonly methodId: string };

type Value = number | string | boolean;

const refused = (reason: string): WriteResult => ({ result: "refused", reason });

/**
 * Sends one value, once (Part 4, 5.11.4 and 5.12.2). What the server's status does not decide is `unknown`, and is
 * never sent again.
 */
export async function send(link: OpcUaLink, target: Target, value: Value): Promise<WriteResult> {
  try {
    return target.kind === "variable" ? await write(link, target, value) : await call(link, target, value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // What the library says of a request that never left, or that the server refused for want of a session.
    if (/Invalid Channel|Cannot recreate session|Session has been closed/.test(reason)) {
      link.end("the server no longer knows the session");
      return refused("the session with the server is over");
    }
    if (error instanceof LinkLost) return { result: "unknown", reason };
    return byStatus(statusIn(error), reason);
  }
}

async function write(
  link: OpcUaLink,
  { nodeId, type }: Extract<Target, { kind: "variable" }>,
  value: Value,
): Promise<WriteResult> {
  const unfit = whyNotFitting(value, type);
  if (unfit !== null) return refused(unfit);
  const variant = variantOf(type, value);
  const status = await link.ask(
    link.session.write({ nodeId, attributeId: AttributeIds.Value, value: { value: variant } }),
    "the write",
  );
  return byStatus(status.value, status.name);
}

async function call(
  link: OpcUaLink,
  { objectId, methodId }: Extract<Target, { kind: "method" }>,
  value: Value,
): Promise<WriteResult> {
  const type = await argumentOf(link, methodId);
  if ("reason" in type) return refused(type.reason);
  const unfit = whyNotFitting(value, type.name);
  if (unfit !== null) return refused(unfit);
  const result = await link.ask(
    link.session.call({ objectId, methodId, inputArguments: [variantOf(type.name, value)] }),
    "the method",
  );
  const wrong: StatusCode | undefined = result.inputArgumentResults?.find((status) => status.isNotGood());
  if (wrong !== undefined && result.statusCode.isNotGood()) return byStatus(wrong.value, wrong.name);
  return byStatus(result.statusCode.value, result.statusCode.name);
}

/** The type of a method's only argument. Nothing was done yet: whatever fails here is a refusal. */
async function argumentOf(link: OpcUaLink, methodId: string): Promise<{ name: string } | { reason: string }> {
  try {
    const definition = await link.ask(link.session.getArgumentDefinition(methodId), "the method's arguments");
    const [only, ...more] = definition.inputArguments;
    if (only === undefined || more.length > 0) {
      return { reason: `the method takes ${definition.inputArguments.length} arguments, not one` };
    }
    const name = await basicType(link, only.dataType.toString(), null);
    return isReadable(name) ? { name } : { reason: `the method takes a ${name}, which is not sent` };
  } catch (error) {
    return {
      reason: `the method's arguments are not known: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function byStatus(status: number, name: string): WriteResult {
  const outcome = outcomeOf(status);
  if (outcome === "accepted") return { result: "accepted" };
  return { result: outcome, reason: `the server says ${name}` };
}

/** The status with which a whole request was refused; 0x80000000, which decides nothing, where there is none. */
function statusIn(error: unknown): number {
  const response = error instanceof Error && "response" in error ? error.response : null;
  const header =
    typeof response === "object" && response !== null && "responseHeader" in response
      ? response.responseHeader
      : null;
  const result =
    typeof header === "object" && header !== null && "serviceResult" in header ? header.serviceResult : null;
  const value = typeof result === "object" && result !== null && "value" in result ? result.value : null;
  return typeof value === "number" ? value : 0x8000_0000;
}

function variantOf(type: string, value: Value) {
  const dataType = isReadable(type) ? DataType[type] : DataType.Null;
  return { dataType, arrayType: VariantArrayType.Scalar, value };
}
