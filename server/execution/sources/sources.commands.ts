import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { enrolmentCode, source } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { newCode, tokenHash } from "#server/core/tokens.ts";
import { tagsChanged } from "../tags/tags.facts.ts";
import { checkedConfig, keptSecrets, shownConfig } from "./config.ts";
import {
  AddEdge,
  AddSource,
  ChangeSource,
  type EnrolmentCodeView,
  OneEdge,
  OneSource,
  type SourceDriver,
} from "./sources.contract.ts";

const allow = () => ({ action: "tag.manage" }) as const;
const codeMinutes = 60;

/** Adds a source to an edge. Its edge hears of it with its next document. @returns the new id */
export const addSource = defineCommand({
  name: "source.add",
  input: AddSource,
  allow,
  run: async (context, input) => {
    checkedConfig(input.driver, input.config);
    const [known] = await context.tx.select().from(edge).where(eq(edge.id, input.edgeId));
    if (known === undefined) throw new Refusal("not_found", {}, "edgeId");
    const [row] = await context.tx
      .insert(source)
      .values(input)
      .onConflictDoNothing()
      .returning({ id: source.id });
    if (row === undefined) throw new Refusal("already_taken", { value: input.code }, "code");
    context.audit({
      action: "source.add",
      objectType: "source",
      objectId: String(row.id),
      after: { ...input, config: shownConfig(input.config) },
    });
    context.publish(tagsChanged, "plant", { edgeIds: [input.edgeId] });
    return { sourceId: row.id };
  },
});

/** Changes how a source is reached, or puts it away and takes it up again. Its tags and readings stay. */
export const changeSource = defineCommand({
  name: "source.change",
  input: ChangeSource,
  allow,
  run: async (context, { sourceId, config, enabled }) => {
    const before = await lockSource(context.tx, sourceId);
    const old = before.config as Record<string, unknown>;
    const change = {
      ...(config !== undefined && {
        config: checkedConfig(before.driver as SourceDriver, keptSecrets(old, config)),
      }),
      ...(enabled !== undefined && { enabled }),
    };
    if (Object.keys(change).length > 0)
      await context.tx.update(source).set(change).where(eq(source.id, sourceId));
    context.audit({
      action: "source.change",
      objectType: "source",
      objectId: String(sourceId),
      before: { config: shownConfig(old), enabled: before.enabled },
      after: {
        ...(enabled !== undefined && { enabled }),
        ...(config !== undefined && { config: shownConfig(config) }),
      },
    });
    context.publish(tagsChanged, "plant", { edgeIds: [before.edgeId] });
    return { sourceId };
  },
});

/**
 * A new one-time code for the device of a source. The token that it has now lasts until the code is spent: to rotate
 * means no interruption. @returns the code, shown once
 */
export const giveSourceCode = defineCommand({
  name: "source.give_code",
  input: OneSource,
  allow,
  run: async (context, { sourceId }) => {
    await lockSource(context.tx, sourceId);
    await context.tx.delete(enrolmentCode).where(eq(enrolmentCode.sourceId, sourceId));
    context.audit({ action: "source.give_code", objectType: "source", objectId: String(sourceId) });
    return giveCode(context, { sourceId });
  },
});

/** Shuts the device of a source out: within seconds its edge knows no token of it and cuts its connection. */
export const revokeSource = defineCommand({
  name: "source.revoke",
  input: OneSource,
  allow,
  run: async (context, { sourceId }) => {
    const { edgeId } = await lockSource(context.tx, sourceId);
    await context.tx.delete(enrolmentCode).where(eq(enrolmentCode.sourceId, sourceId));
    // No token at all would let a Sparkplug node in that never showed one: this is one that nobody has.
    const nobodys = tokenHash(randomBytes(32).toString("hex"));
    await context.tx.update(source).set({ tokenHash: nobodys }).where(eq(source.id, sourceId));
    context.audit({ action: "source.revoke", objectType: "source", objectId: String(sourceId) });
    context.publish(tagsChanged, "plant", { edgeIds: [edgeId] });
    return { sourceId };
  },
});

/** A further edge, with the code that its computer spends at its first start. */
export const addEdge = defineCommand({
  name: "edge.add",
  input: AddEdge,
  allow,
  run: async (context, { code, name }) => {
    const [row] = await context.tx
      .insert(edge)
      .values({ code, name, tokenHash: tokenHash(randomBytes(32).toString("hex")) })
      .onConflictDoNothing()
      .returning({ id: edge.id });
    if (row === undefined) throw new Refusal("already_taken", { value: code }, "code");
    context.audit({
      action: "edge.add",
      objectType: "edge",
      objectId: String(row.id),
      after: { code, name },
    });
    return giveCode(context, { edgeId: row.id });
  },
});

/** A new one-time code for an edge; the token it has now lasts until the code is spent. */
export const giveEdgeCode = defineCommand({
  name: "edge.give_code",
  input: OneEdge,
  allow,
  run: async (context, { edgeId }) => {
    await lockEdge(context.tx, edgeId);
    await context.tx.delete(enrolmentCode).where(eq(enrolmentCode.edgeId, edgeId));
    context.audit({ action: "edge.give_code", objectType: "edge", objectId: String(edgeId) });
    return giveCode(context, { edgeId });
  },
});

/** Shuts an edge out: within seconds its connection is cut. What it has stored stays on its disk. */
export const revokeEdge = defineCommand({
  name: "edge.revoke",
  input: OneEdge,
  allow,
  run: async (context, { edgeId }) => {
    await lockEdge(context.tx, edgeId);
    await context.tx.delete(enrolmentCode).where(eq(enrolmentCode.edgeId, edgeId));
    const nobodys = tokenHash(randomBytes(32).toString("hex"));
    await context.tx.update(edge).set({ tokenHash: nobodys }).where(eq(edge.id, edgeId));
    context.audit({ action: "edge.revoke", objectType: "edge", objectId: String(edgeId) });
    return { edgeId };
  },
});

async function giveCode(
  context: CommandContext,
  whose: { sourceId: number } | { edgeId: number },
): Promise<EnrolmentCodeView> {
  const code = newCode();
  const expiresAt = context.now + codeMinutes * 60_000;
  await context.tx
    .insert(enrolmentCode)
    .values({ ...whose, codeHash: tokenHash(code), expiresAt: new Date(expiresAt) });
  return { code, expiresAt };
}

async function lockSource(tx: Tx, sourceId: number): Promise<typeof source.$inferSelect> {
  const [row] = await tx.select().from(source).where(eq(source.id, sourceId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "sourceId");
  return row;
}

async function lockEdge(tx: Tx, edgeId: number): Promise<void> {
  const [row] = await tx.select({ id: edge.id }).from(edge).where(eq(edge.id, edgeId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "edgeId");
}
