import { z } from "zod";

/** When backups are made and how many are kept. Setting `backup`. */
export const BackupPlan = z.strictObject({
  enabled: z.boolean(),
  /** Time of day in the time zone of the works. */
  at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  /** Older ones go, but only after a new one was proven good. */
  keep: z.number().int().min(1).max(90),
  /** Absolute; null = the folder `backups` in DATA_DIR. */
  folder: z
    .string()
    .trim()
    .max(400)
    .regex(/^(\/|[A-Za-z]:[\\/])[^\0\n\r]*$/)
    .nullable(),
});
export type BackupPlan = z.infer<typeof BackupPlan>;

export const defaultBackupPlan: BackupPlan = { enabled: true, at: "02:30", keep: 7, folder: null };

/** Why a backup could not be made; the words stand with the alarm `backup_failed`. */
export const backupProblems = [
  /** The folder cannot be made or written. */
  "no_folder",
  /** Less space than the backup would need, so it was not begun. */
  "no_space",
  /** The disk ran full while it was written. */
  "disk_full",
  /** What lies on the disk is not what was written. */
  "damaged",
  /** The plant was stopped, or the process that made it died. */
  "broken_off",
  "other",
] as const;
export const BackupProblem = z.enum(backupProblems);
export type BackupProblem = z.infer<typeof BackupProblem>;

export const BackupRun = z.object({
  id: z.uuid(),
  cause: z.enum(["schedule", "person"]),
  state: z.enum(["asked", "running", "good", "failed"]),
  askedAt: z.number(),
  /** The data is as it was at this instant. */
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  folder: z.string().nullable(),
  bytes: z.number().nullable(),
  rows: z.number().nullable(),
  problem: BackupProblem.nullable(),
  /** Since when the folder is no longer where it was made. */
  goneAt: z.number().nullable(),
});
export type BackupRun = z.infer<typeof BackupRun>;

export const BackupView = z.object({
  plan: BackupPlan,
  timeZone: z.string(),
  /** When the next one is due; null = switched off. */
  nextAt: z.number().nullable(),
  /** One is asked for or being made. */
  busy: z.boolean(),
  /** The newest good one that is still where it was made. */
  lastGood: BackupRun.nullable(),
  /** The newest failure, if nothing good came after it. */
  failed: BackupRun.nullable(),
  /** Nothing good for longer than a day and two hours. */
  old: z.boolean(),
  runs: z.array(BackupRun),
});
export type BackupView = z.infer<typeof BackupView>;

/** What the launcher says of a run that it took on. */
export const StartBackup = z.object({ runId: z.uuid() });
export const EndBackup = z.discriminatedUnion("state", [
  z.object({
    runId: z.uuid(),
    state: z.literal("good"),
    folder: z.string(),
    bytes: z.number().int().nonnegative(),
    rows: z.number().int().nonnegative(),
    /** Folders of older ones that were removed. */
    removed: z.array(z.string()),
  }),
  z.object({
    runId: z.uuid(),
    state: z.literal("failed"),
    folder: z.string().nullable(),
    problem: BackupProblem,
    detail: z.string().max(2000),
  }),
]);
export type EndBackup = z.infer<typeof EndBackup>;
export const LoseBackup = z.object({ runId: z.uuid() });
