import { eq } from "drizzle-orm";
import { z } from "zod";
import { source } from "#db/schema/device/tags.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { rowId } from "#server/core/number.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { tagsChanged } from "../tags/tags.facts.ts";
import { plainThumbprint, trustedOf } from "./certificate.rules.ts";
import { checkedConfig } from "./config.ts";

const allow = () => ({ action: "tag.manage" }) as const;

/** One certificate, by one or both of its thumbprints; at least the one that the person saw. */
const OneCertificate = z.object({
  sourceId: rowId(),
  thumbprints: z
    .array(
      z
        .string()
        .max(128)
        .transform(plainThumbprint)
        .refine((text) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text), "is no thumbprint"),
    )
    .min(1)
    .max(2),
});
type OneCertificate = z.infer<typeof OneCertificate>;

/**
 * Trusts the certificate that an OPC UA server showed; the edge connects with its next document. What was trusted
 * before stays trusted, so that a machine which goes back to its old certificate is still known.
 */
export const trustCertificate = defineCommand({
  name: "source.trust",
  input: OneCertificate,
  allow,
  run: (context, input) =>
    change(context, "source.trust", input, (trusted) => [
      ...without(trusted, input.thumbprints),
      // SHA-256 where it is known: nobody can make another certificate with it.
      input.thumbprints.find((one) => one.length === 64) ?? input.thumbprints[0] ?? "",
    ]),
});

/** No longer trusts a certificate: the edge hangs up and does not connect again. */
export const distrustCertificate = defineCommand({
  name: "source.distrust",
  input: OneCertificate,
  allow,
  run: (context, input) =>
    change(context, "source.distrust", input, (trusted) => without(trusted, input.thumbprints)),
});

const without = (trusted: readonly string[], gone: readonly string[]): string[] =>
  trusted.filter((one) => !gone.includes(plainThumbprint(one)));

async function change(
  context: CommandContext,
  action: "source.trust" | "source.distrust",
  { sourceId, thumbprints }: OneCertificate,
  next: (trusted: readonly string[]) => string[],
): Promise<{ sourceId: number }> {
  const [row] = await context.tx.select().from(source).where(eq(source.id, sourceId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "sourceId");
  if (row.driver !== "opcua") throw new Refusal("invalid", { problem: "the source has no certificates" });
  const before = row.config as Record<string, unknown>;
  const config = checkedConfig("opcua", { ...before, trusted: next(trustedOf(before)) });
  await context.tx.update(source).set({ config }).where(eq(source.id, sourceId));
  context.audit({
    action,
    objectType: "source",
    objectId: String(sourceId),
    before: { trusted: trustedOf(before) },
    after: { trusted: trustedOf(config), thumbprints },
  });
  context.publish(tagsChanged, "plant", { edgeIds: [row.edgeId] });
  return { sourceId };
}
