import { and, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { backupRun } from "#db/schema/core/house.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { BackupPlan, EndBackup, LoseBackup, StartBackup } from "./backup.contract.ts";
import { readBackupPlan } from "./house.queries.ts";
import { keepSetting } from "./setting.ts";

/** Rung when a backup is asked for; the launcher listens. */
export const backupChannel = "backup";

const byService = () => ({ action: "system.act" as const });

/** When backups are made, how many are kept, and where. */
export const planBackups = defineCommand({
  name: "backup.plan",
  input: BackupPlan,
  allow: () => ({ action: "house.manage" }),
  run: async (context, plan) => {
    await keepSetting(context, {
      key: "backup",
      action: "backup.plan",
      before: await readBackupPlan(context.tx),
      after: plan,
    });
    return {};
  },
});

async function ask(context: CommandContext, cause: "schedule" | "person"): Promise<{ runId: string }> {
  const { tx, now, commandId: runId } = context;
  const made = await tx
    .insert(backupRun)
    .values({ id: runId, cause, askedAt: new Date(now) })
    .onConflictDoNothing()
    .returning({ id: backupRun.id });
  if (made.length === 0) throw new Refusal("backup_running");
  context.audit({ action: "backup.ask", objectType: "backup", objectId: runId, after: { cause } });
  await tx.execute(sql`select pg_notify(${backupChannel}, ${runId})`);
  return { runId };
}

/** A person wants one now. @throws Refusal backup_running */
export const askBackup = defineCommand({
  name: "backup.ask",
  input: z.strictObject({}),
  allow: () => ({ action: "house.manage" }),
  run: (context) => ask(context, "person"),
});

/** The night's backup. */
export const askNightBackup = defineCommand({
  name: "backup.ask_night",
  input: z.strictObject({}),
  allow: byService,
  run: (context) => ask(context, "schedule"),
});

/** The launcher takes a run on. @returns whether it is its to make */
export const startBackup = defineCommand({
  name: "backup.start",
  input: StartBackup,
  allow: byService,
  run: async ({ tx, now }, { runId }) => {
    const taken = await tx
      .update(backupRun)
      .set({ state: "running", startedAt: new Date(now) })
      .where(and(eq(backupRun.id, runId), eq(backupRun.state, "asked")))
      .returning({ id: backupRun.id });
    return { taken: taken.length > 0 };
  },
});

/** How a run ended. Only the first answer counts. */
export const endBackup = defineCommand({
  name: "backup.end",
  input: EndBackup,
  allow: byService,
  run: async (context, { runId, ...end }) => {
    const { tx, now } = context;
    const { state, folder } = end;
    const values =
      end.state === "good"
        ? { state, folder, bytes: end.bytes, rows: end.rows }
        : { state, folder, problem: end.problem, detail: end.detail };
    const ended = await tx
      .update(backupRun)
      .set({ ...values, endedAt: new Date(now) })
      .where(and(eq(backupRun.id, runId), inArray(backupRun.state, ["asked", "running"])))
      .returning({ id: backupRun.id });
    if (ended.length === 0) return {};
    context.audit({
      action: end.state === "good" ? "backup.made" : "backup.failed",
      objectType: "backup",
      objectId: runId,
      after: end.state === "good" ? { ...values, removed: end.removed } : { folder, problem: end.problem },
    });
    return {};
  },
});

/** A backup is no longer where it was made: somebody moved it, or its disk is away. */
export const loseBackup = defineCommand({
  name: "backup.lose",
  input: LoseBackup,
  allow: byService,
  run: async (context, { runId }) => {
    const [row] = await context.tx
      .update(backupRun)
      .set({ goneAt: new Date(context.now) })
      .where(and(eq(backupRun.id, runId), eq(backupRun.state, "good")))
      .returning({ folder: backupRun.folder });
    if (row === undefined) return {};
    context.audit({
      action: "backup.gone",
      objectType: "backup",
      objectId: runId,
      after: { folder: row.folder },
    });
    return {};
  },
});
