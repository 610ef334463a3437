import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { jobRun } from "#db/schema/execution/orders.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { holdLot } from "#server/execution/materials/materials.commands.ts";
import { closeOrder, reopenOrder } from "#server/execution/orders/order-state.commands.ts";
import { testHand, testLot } from "#server/execution/testing.ts";
import { saveCorrection } from "./corrections.commands.ts";
import type { Correction } from "./corrections.contract.ts";
import { correctionList } from "./corrections.queries.ts";
import { correctedDay, early, figures, hour, minute, running } from "./testing.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

test("a preview keeps nothing and tells nobody", async () => {
  const day = await correctedDay(handle.db, "g-preview");
  const before = await figures(handle.db, day);
  const facts = async () => (await handle.db.execute(sql`select count(*)::int as n from fact`))[0]?.["n"];
  const told = await facts();
  const correction: Correction = {
    kind: "finish",
    machineId: day.m.id,
    runId: day.b.runId,
    end: early + 7 * hour,
  };
  const one = await day.preview(correction);
  expect((await day.preview(correction)).fingerprint).toBe(one.fingerprint);
  expect(await figures(handle.db, day)).toEqual(before);
  expect(await facts()).toBe(told);
  expect(await correctionList(handle.db)).toEqual([]);
});

test("what changed since the preview is not saved over, and a machine that only runs on is no change", async () => {
  const day = await correctedDay(handle.db, "g-stale");
  const { m, b, clock } = day;
  const correction: Correction = { kind: "finish", machineId: m.id, runId: b.runId, end: early + 7 * hour };
  const { asOf, fingerprint } = await day.preview(correction);
  const save = { correction, asOf, fingerprint, reason: "forgotten" };
  // Somebody says meanwhile that ten parts of the afternoon were scrap.
  await day.correct({
    kind: "count",
    machineId: m.id,
    from: early + 7.5 * hour,
    to: early + 7.75 * hour,
    good: 5,
    scrap: 10,
  });
  const untouched = await figures(handle.db, day);
  await expect(day.act(saveCorrection, save)).rejects.toMatchObject({ code: "preview_changed" });
  expect(await figures(handle.db, day)).toEqual(untouched);

  const fresh = await day.preview(correction);
  clock.advance(20_000);
  await day.lane.hear(m, running(early + 8.5 * hour, early + 8.5 * hour + 20_000, 1, 510));
  await day.settled();
  await day.act(saveCorrection, { ...save, asOf: fresh.asOf, fingerprint: fresh.fingerprint });
  // It is no longer the run that was looked at.
  await expect(day.preview(correction)).rejects.toMatchObject({ code: "conflict" });
  await expect(
    day.act(saveCorrection, { ...save, asOf: clock.now() + minute, fingerprint: fresh.fingerprint }),
  ).rejects.toMatchObject({ code: "invalid" });
});

test("of two who save what they saw at once, one is told that it is another now", async () => {
  const day = await correctedDay(handle.db, "g-both");
  const correction: Correction = {
    kind: "finish",
    machineId: day.m.id,
    runId: day.b.runId,
    end: early + 7 * hour,
  };
  const { asOf, fingerprint } = await day.preview(correction);
  const save = { correction, asOf, fingerprint, reason: "forgotten" };
  const answers = await Promise.allSettled([day.act(saveCorrection, save), day.act(saveCorrection, save)]);
  expect(answers.map((answer) => answer.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(answers.find((answer) => answer.status === "rejected")?.reason).toMatchObject({ code: "conflict" });
});

test("two orders cannot have run at once: the other is named, and makes room only where it was asked to", async () => {
  const day = await correctedDay(handle.db, "g-overlap");
  const { m, a, b } = day;
  const earlier = {
    kind: "period",
    machineId: m.id,
    runId: b.runId,
    start: early + 3 * hour,
    end: null,
  } as const;
  await expect(day.preview({ ...earlier, makeRoom: false })).rejects.toMatchObject({
    code: "run_overlaps",
    params: { order: "g-overlap-A", machine: "g-overlap", from: "2026-11-22 06:00", to: "2026-11-22 10:00" },
  });
  // It cannot be swallowed whole, asked or not.
  await expect(day.preview({ ...earlier, start: early - hour, makeRoom: true })).rejects.toMatchObject({
    code: "run_overlaps",
  });
  await day.correct({ ...earlier, makeRoom: true });
  // Nor does a run of another machine land on one that stands there.
  const there = await correctedDay(handle.db, "g-there");
  const runs = await handle.db
    .select()
    .from(jobRun)
    .where(sql`machine_id = ${m.id} and replaced_at is null and job_id = ${a.jobId}`);
  const moved = { kind: "machine", machineId: m.id, runId: runs[0]?.id ?? "", toPosition: 1 } as const;
  await expect(day.preview({ ...moved, toMachineId: there.m.id, makeRoom: false })).rejects.toMatchObject({
    code: "run_overlaps",
    params: { order: "g-there-A" },
  });
  await expect(
    day.preview({ ...moved, toMachineId: there.m.id, toPosition: 2, makeRoom: false }),
  ).rejects.toMatchObject({ code: "value_out_of_range" });
});

test("what cannot have been, or is so already, is refused", async () => {
  const day = await correctedDay(handle.db, "g-never");
  const { m, a, b, clock, lots } = day;
  const run = { machineId: m.id, runId: b.runId };
  const no = (correction: Correction, code: string) =>
    expect(day.preview(correction), JSON.stringify(correction)).rejects.toMatchObject({ code });
  await no({ kind: "finish", ...run, end: clock.now() + minute }, "invalid");
  await no({ kind: "finish", ...run, end: early + 4 * hour }, "invalid");
  await no({ kind: "finish", machineId: m.id, runId: a.runId, end: early + hour }, "wrong_state");
  await no(
    { kind: "period", machineId: m.id, runId: a.runId, start: early, end: null, makeRoom: false },
    "wrong_state",
  );
  await no(
    { kind: "period", ...run, start: early + 4 * hour, end: null, makeRoom: false },
    "nothing_changes",
  );
  await no({ kind: "machine", ...run, toMachineId: m.id, toPosition: 1, makeRoom: false }, "nothing_changes");
  const count = { kind: "count", machineId: m.id, from: early + hour, to: early + 2 * hour } as const;
  await no({ ...count, good: 60, scrap: 0 }, "nothing_changes");
  await no({ ...count, to: count.from, good: 1, scrap: 0 }, "invalid");
  await no({ ...count, to: clock.now() + hour, good: 1, scrap: 0 }, "invalid");
  const lot = {
    kind: "lot",
    machineId: m.id,
    runId: a.runId,
    wrongLotId: lots.used,
    lotId: lots.right,
  } as const;
  await no({ ...lot, wrongLotId: lots.right, lotId: lots.used }, "lot_mismatch");
  await no({ ...lot, runId: b.runId, lotId: null }, "lot_not_on_job");
  // A lot of a material that is not on the product's bill.
  await no({ ...lot, lotId: (await testLot(handle.db, "g-never-X")).lotId }, "lot_mismatch");
  await day.act(holdLot, { lotId: lots.right, reason: "wet" });
  await no(lot, "lot_on_hold");
  await no({ kind: "undo", machineId: m.id, correctionId: crypto.randomUUID() }, "not_found");
  await day.act(closeOrder, { orderId: a.orderId, reason: "short" });
  await no({ ...lot, lotId: null }, "order_closed");
  await no({ ...count, good: 1, scrap: 0 }, "order_closed");
  await day.act(reopenOrder, { orderId: a.orderId, reason: "late scrap" });
  await day.correct({ ...count, good: 1, scrap: 0 });
  clock.jumpTo(early + 40 * 24 * hour);
  await no({ kind: "finish", ...run, end: early + 5 * hour }, "value_out_of_range");
});

test("only a supervisor or an administrator corrects, and nobody on a machine that is not theirs", async () => {
  const day = await correctedDay(handle.db, "g-rights");
  const correction: Correction = {
    kind: "finish",
    machineId: day.m.id,
    runId: day.b.runId,
    end: early + 7 * hour,
  };
  const as = (role: Actor["roles"][number], more: Partial<Actor> = {}): Actor => ({
    ...testHand,
    roles: [role],
    ...more,
  });
  for (const role of ["operator", "setter", "quality", "maintenance", "manager"] as const) {
    await expect(day.preview(correction, as(role)), role).rejects.toMatchObject({ code: "not_allowed" });
    await expect(
      day.act(saveCorrection, { correction, asOf: 1, fingerprint: "0".repeat(64), reason: "x" }, as(role)),
      role,
    ).rejects.toMatchObject({ code: "not_allowed" });
  }
  await day.preview(correction, as("administrator"));
  const other = await correctedDay(handle.db, "g-rights-2");
  const here = as("supervisor", { stationId: crypto.randomUUID(), machineIds: [day.m.id] });
  await expect(
    day.preview(
      {
        kind: "machine",
        machineId: day.m.id,
        runId: day.b.runId,
        toMachineId: other.m.id,
        toPosition: 1,
        makeRoom: false,
      },
      here,
    ),
  ).rejects.toMatchObject({ code: "not_allowed" });
});
