import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { jobRun } from "#db/schema/execution/orders.ts";
import { finishJob, startJob } from "#server/execution/orders/orders.commands.ts";
import { testJob } from "#server/execution/testing.ts";
import type { Correction } from "./corrections.contract.ts";
import { correctionList } from "./corrections.queries.ts";
import { correctedDay, early, figures, hour, minute } from "./testing.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

test("a correction that something stands on is not undone, and none is undone twice", async () => {
  const day = await correctedDay(handle.db, "g-undo");
  const { m, b } = day;
  const first = await day.correct({ kind: "finish", machineId: m.id, runId: b.runId, end: early + 7 * hour });
  const undo: Correction = { kind: "undo", machineId: m.id, correctionId: first.correctionId };
  // Another order was begun in the time that was free then.
  const c = await testJob(handle.db, m, "g-undo-C");
  await day.act(startJob, { machineId: m.id, jobId: c.jobId, at: early + 8 * hour });
  await expect(day.preview(undo)).rejects.toMatchObject({
    code: "run_overlaps",
    params: { order: "g-undo-C" },
  });
  await day.act(finishJob, { machineId: m.id, jobId: c.jobId });
  const again = await day.correct({
    kind: "period",
    machineId: m.id,
    runId:
      (
        await handle.db
          .select()
          .from(jobRun)
          .where(sql`job_id = ${b.jobId} and replaced_at is null`)
      )[0]?.id ?? "",
    start: early + 4 * hour,
    end: early + 6 * hour,
    makeRoom: false,
  });
  await expect(day.preview(undo)).rejects.toMatchObject({ code: "later_correction" });
  await day.correct({ kind: "undo", machineId: m.id, correctionId: again.correctionId });
  await expect(
    day.preview({ kind: "undo", machineId: m.id, correctionId: again.correctionId }),
  ).rejects.toMatchObject({ code: "already_decided" });
  expect((await correctionList(handle.db)).find((one) => one.id === again.correctionId)?.undone).toBe(true);
});

test("whatever was corrected and undone, every figure is as it was", async () => {
  const day = await correctedDay(handle.db, "g-model");
  const { m, a, b, lots } = day;
  const at = (from: number, to: number) =>
    fc.integer({ min: from * 6, max: to * 6 }).map((tens) => early + tens * 10 * minute);
  const current = async (jobId: string) =>
    (
      await handle.db
        .select()
        .from(jobRun)
        .where(sql`job_id = ${jobId} and replaced_at is null`)
    )[0]?.id ?? "";
  const kind = fc.oneof(
    fc.record({
      kind: fc.constant("period" as const),
      of: fc.constant("b" as const),
      start: at(1, 8),
      makeRoom: fc.constant(true),
    }),
    fc.record({ kind: fc.constant("finish" as const), of: fc.constant("b" as const), end: at(5, 8) }),
    fc.record({
      kind: fc.constant("count" as const),
      from: at(0, 4),
      to: at(5, 8),
      good: fc.nat(600),
      scrap: fc.nat(50),
    }),
    fc.record({
      kind: fc.constant("lot" as const),
      of: fc.constant("a" as const),
      lotId: fc.constantFrom(lots.right, null),
    }),
  );
  const before = await figures(handle.db, day);
  await fc.assert(
    fc.asyncProperty(kind, async (drawn) => {
      let correction: Correction;
      if (drawn.kind === "count") correction = { ...drawn, machineId: m.id };
      else {
        const runId = await current(drawn.of === "a" ? a.jobId : b.jobId);
        if (drawn.kind === "period")
          correction = {
            kind: "period",
            machineId: m.id,
            runId,
            start: drawn.start,
            end: null,
            makeRoom: true,
          };
        else if (drawn.kind === "finish")
          correction = { kind: "finish", machineId: m.id, runId, end: drawn.end };
        else correction = { kind: "lot", machineId: m.id, runId, wrongLotId: lots.used, lotId: drawn.lotId };
      }
      const done = await day.correct(correction).catch((error: unknown) => {
        if ((error as { code?: string }).code === "nothing_changes") return null;
        throw error;
      });
      fc.pre(done !== null);
      expect(await figures(handle.db, day)).not.toEqual(before);
      await day.correct({ kind: "undo", machineId: m.id, correctionId: done?.correctionId ?? "" });
      expect(await figures(handle.db, day)).toEqual(before);
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 120_000);
