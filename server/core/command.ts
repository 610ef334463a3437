import { createHash, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { Db, Tx } from "#db/client.ts";
import { command as commandTable } from "#db/schema/core/core.ts";
import { type Action, type Scope, whyNotAllowed } from "./access.rules.ts";
import type { Actor } from "./actor.contract.ts";
import { appendAudit, type AuditEntry, canonicalJson } from "./audit.ts";
import type { Clock } from "./clock.ts";
import { type FactKind, publish } from "./facts.ts";
import { Refusal } from "./refusal.contract.ts";

/** What every write gets to work with. Audit rows and facts are written last, in the same transaction. */
export interface CommandContext {
  readonly tx: Tx;
  /** Wall-clock ms, read once per command. */
  readonly now: number;
  readonly actor: Actor;
  readonly commandId: string;
  audit(entry: AuditEntry): void;
  publish<T>(kind: FactKind<T>, scope: string, data: T): void;
}

export interface CommandDefinition<I, O> {
  readonly name: string;
  readonly input: z.ZodType<I>;
  /** The action of the access table and where it is aimed. */
  readonly allow: (input: I) => { action: Action; scope?: Scope };
  readonly run: (context: CommandContext, input: I) => Promise<O>;
  /**
   * What of the input goes into the stored fingerprint that tells a repeat from another command; by default all
   * of it. A PIN or password must not: a hash of six digits is as good as the digits.
   */
  readonly fingerprint?: (input: I) => unknown;
}

export interface Command<I, O> {
  readonly name: string;
  readonly input: z.ZodType<I>;
  /**
   * Parses, checks the right, claims `commandId` and runs in one transaction. A repeat with the same id and
   * input answers what was stored. @throws Refusal
   */
  execute(deps: { db: Db; clock: Clock }, actor: Actor, commandId: string, input: unknown): Promise<O>;
  /** The same inside a transaction that is already open (a reaction, another command). */
  within(context: { tx: Tx; now: number; actor: Actor }, commandId: string, input: I): Promise<O>;
  /**
   * Parses, checks the right and runs as a part of another command: that one is claimed, and its audit rows and
   * facts are written last, with its own. So a thousand parts hold the lock of the record once. @throws Refusal
   */
  part(context: CommandContext, input: unknown): Promise<O>;
}

/** The one way to write: called by a route, a schedule, an ERP message or a test alike. */
export function defineCommand<I, O>(definition: CommandDefinition<I, O>): Command<I, O> {
  const { name, input: schema, allow, run, fingerprint = (input: I): unknown => input } = definition;

  async function inTransaction(tx: Tx, now: number, actor: Actor, commandId: string, input: I): Promise<O> {
    const { action, scope } = allow(input);
    const refusal = whyNotAllowed(actor, action, scope);
    if (refusal !== null) throw refusal;

    const inputHash = createHash("sha256")
      .update(canonicalJson({ name, input: fingerprint(input) }))
      .digest();
    const claimed = await tx
      .insert(commandTable)
      .values({ commandId, name, actor, inputHash, at: new Date(now) })
      .onConflictDoNothing()
      .returning({ id: commandTable.commandId });
    if (claimed.length === 0) {
      const [stored] = await tx.select().from(commandTable).where(eq(commandTable.commandId, commandId));
      if (stored === undefined || !Buffer.from(stored.inputHash).equals(inputHash))
        throw new Refusal("conflict");
      return stored.result as O;
    }

    const audits: AuditEntry[] = [];
    const facts: (() => Promise<void>)[] = [];
    const result = await run(
      {
        tx,
        now,
        actor,
        commandId,
        audit: (entry) => audits.push(entry),
        publish: (kind, factScope, data) => facts.push(() => publish(tx, kind, factScope, data, now)),
      },
      input,
    );
    await tx
      .update(commandTable)
      .set({ result: sql`${JSON.stringify(result ?? null)}::jsonb` })
      .where(eq(commandTable.commandId, commandId));
    await appendAudit(tx, actor, now, commandId, audits);
    for (const send of facts) await send();
    return result;
  }

  function parse(raw: unknown): I {
    const parsed = schema.safeParse(raw);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new Refusal("invalid", { problem: issue?.message ?? "invalid" }, issue?.path.join("."));
  }

  return {
    name,
    input: schema,
    async execute({ db, clock }, actor, commandId, raw) {
      const input = parse(raw);
      const now = clock.now();
      return db.transaction((tx) => inTransaction(tx, now, actor, commandId, input));
    },
    within: ({ tx, now, actor }, commandId, input) => inTransaction(tx, now, actor, commandId, input),
    async part(context, raw) {
      const input = parse(raw);
      const { action, scope } = allow(input);
      const refusal = whyNotAllowed(context.actor, action, scope);
      if (refusal !== null) throw refusal;
      // An id of its own: some commands make codes of it.
      return run({ ...context, commandId: randomUUID() }, input);
    },
  };
}
