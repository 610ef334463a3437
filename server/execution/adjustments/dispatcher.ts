import { randomUUID } from "node:crypto";
import { asc, eq, inArray } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { setting } from "#db/schema/core/core.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { adjustment } from "#db/schema/execution/adjustments.ts";
import { deviation } from "#db/schema/execution/detection.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { Bell } from "#server/core/bell.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { factChannel } from "#server/core/facts.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import { latestOfMachine } from "#server/execution/detection/signals.queries.ts";
import type { EdgeLink } from "#server/execution/ingest/edge-link.ts";
import { beforeSending } from "./adjustments.rules.ts";
import { type Adjustment, parsed } from "./record.ts";
import {
  afterRestore,
  announceAdjustment,
  answerAdjustment,
  loseAdjustment,
  sendAdjustment,
  type Sending,
} from "./send.commands.ts";
import { giveVerdict, recordEcho, recordMeasurement } from "./verdict.commands.ts";
import { lookForEcho, measure } from "./verify.ts";

export interface DispatcherDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly edgeLink: EdgeLink;
  /** A station counts as online when it was seen within this long, ms. */
  readonly stationMs?: number;
}

export interface Dispatcher extends Service {
  /** Does everything that is due now, once; for tests. */
  tick(): Promise<void>;
  /** Resolves when every actuation under way has been answered and its answer recorded; for tests. */
  settled(): Promise<void>;
}

/** How often the effect of a change is measured again, ms. */
const measureEveryMs = 1000;
const actor = serviceActor("dispatcher");

/**
 * Carries adjustments from approval to verdict: announces, asks the gate, commits `sent` before it sends, records
 * the answer, looks for the echo, measures. Everything it knows stands in Postgres; it may be killed at any line.
 */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { db, clock, log, edgeLink, stationMs = 60_000 } = deps;
  const abort = new AbortController();
  const underWay = new Map<string, Promise<void>>();
  const measuredAt = new Map<string, number>();
  let recovered = false;
  let flags: Map<number, string> | null = null;
  let loop: Promise<void> | undefined;
  const bell = new Bell();
  let unlisten: (() => Promise<void>) | undefined;

  const run = <I, O>(command: Command<I, O>, input: I): Promise<O> =>
    command.execute({ db, clock }, actor, randomUUID(), input);

  async function openRows(): Promise<Adjustment[]> {
    const rows = await db
      .select()
      .from(adjustment)
      .where(inArray(adjustment.state, [...beforeSending, "sent", "accepted", "verifying"]))
      .orderBy(asc(adjustment.createdAt));
    return rows.map(parsed);
  }

  /** After a start nobody waits for answers any more: what was sent without one is unknown. Never sent again. */
  async function recover(): Promise<void> {
    const [marker] = await db.select().from(setting).where(eq(setting.key, "restored"));
    const restoredAt = (marker?.value as { at?: unknown } | undefined)?.at;
    if (typeof restoredAt === "number") await run(afterRestore, { restoredAt });
    for (const row of await openRows()) {
      if (row.state === "sent" && !underWay.has(row.id))
        await run(loseAdjustment, { adjustmentId: row.id, reason: "restarted" });
    }
    recovered = true;
  }

  /** Automation off and maintenance locks are the edge's business too: it gets them as soon as they change. */
  async function sendFlags(): Promise<void> {
    const rows = await db
      .select({
        id: workUnit.id,
        off: workUnit.automationOff,
        lock: workUnit.maintenanceLock,
        edgeId: source.edgeId,
      })
      .from(workUnit)
      .innerJoin(tag, eq(tag.machineId, workUnit.id))
      .innerJoin(source, eq(source.id, tag.sourceId))
      .groupBy(workUnit.id, source.edgeId);
    const now = new Map(rows.map((row) => [row.id, `${row.edgeId}:${row.off}:${row.lock !== null}`]));
    const edges = rows
      .filter((row) => flags !== null && flags.get(row.id) !== now.get(row.id))
      .map((row) => row.edgeId);
    for (const edgeId of new Set(edges)) await edgeLink.sendDocument(edgeId);
    flags = now;
  }

  async function edgeOf(row: Adjustment): Promise<number | null> {
    const [found] = await db
      .select({ edgeId: source.edgeId })
      .from(tag)
      .innerJoin(source, eq(source.id, tag.sourceId))
      .where(eq(tag.id, row.tagId));
    return found?.edgeId ?? null;
  }

  /** Gives it to the edge, once, and keeps trying to record the answer, never to send again. */
  async function deliver(
    id: string,
    { edgeId, actuation, answerMs }: NonNullable<Sending["send"]>,
  ): Promise<void> {
    const answer = await edgeLink.actuate(edgeId, actuation, answerMs);
    const commandId = randomUUID();
    while (!abort.signal.aborted) {
      try {
        await answerAdjustment.execute({ db, clock }, actor, commandId, { adjustmentId: id, answer });
        return;
      } catch (error) {
        log.error({ err: error, adjustment: id }, "the answer of an actuation waits to be recorded");
        await clock.sleep(500, abort.signal);
      }
    }
  }

  async function advance(row: Adjustment): Promise<void> {
    const now = clock.now();
    const adjustmentId = row.id;
    // What ran out is nobody's any more; the schedule says so in the record.
    if (beforeSending.has(row.state) && row.notAfter.getTime() <= now) return;
    if (
      row.state === "approved" ||
      (row.state === "announced" && (row.sendAt?.getTime() ?? Infinity) <= now)
    ) {
      const edgeId = await edgeOf(row);
      const outside = { adjustmentId, edgeOnline: edgeId !== null && edgeLink.online(edgeId), stationMs };
      if (row.state === "approved") {
        await run(announceAdjustment, outside);
        return;
      }
      const { send } = await run(sendAdjustment, outside);
      if (send === null) return;
      const delivery = deliver(adjustmentId, send).finally(() => {
        underWay.delete(adjustmentId);
        bell.ring();
      });
      underWay.set(adjustmentId, delivery);
      return;
    }
    if (row.state === "sent") {
      // Committed as sent, but the answer to that commit got lost: nobody knows, so nobody sends it again.
      const old = now - (row.sentAt?.getTime() ?? now) > 2 * row.plan.answerMs;
      if (old && !underWay.has(row.id)) await run(loseAdjustment, { adjustmentId, reason: "restarted" });
      return;
    }
    if (row.state === "accepted") await awaitEcho(row, now);
    if (row.state === "verifying") await verify(row, now);
  }

  async function awaitEcho(row: Adjustment, now: number): Promise<void> {
    const echo = lookForEcho(row, await latestOfMachine(db, row.machineId, now), now);
    if (echo === "wait") return;
    if (echo === "missing") await run(loseAdjustment, { adjustmentId: row.id, reason: "no_echo" });
    else await run(recordEcho, { adjustmentId: row.id, ...echo });
  }

  async function verify(row: Adjustment, now: number): Promise<void> {
    if (now - (measuredAt.get(row.id) ?? -Infinity) < measureEveryMs) return;
    measuredAt.set(row.id, now);
    const [cause] =
      row.deviationId === null
        ? []
        : await db
            .select({ since: deviation.since })
            .from(deviation)
            .where(eq(deviation.id, row.deviationId));
    const { verification, verdict } = await measure(db, row, cause?.since.getTime() ?? null, now);
    if (verdict === null) {
      await run(recordMeasurement, { adjustmentId: row.id, verification });
      return;
    }
    await run(giveVerdict, { adjustmentId: row.id, ...verdict, verification });
    measuredAt.delete(row.id);
  }

  async function tick(): Promise<void> {
    if (!recovered) await recover();
    await sendFlags();
    for (const row of await openRows()) {
      try {
        await advance(row);
      } catch (error) {
        // One that fails must not keep the others from their way; it is tried again at the next tick.
        log.error({ err: error, adjustment: row.id }, "an adjustment could not be advanced");
      }
    }
  }

  async function work(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        await tick();
      } catch (error) {
        log.warn({ err: error }, "the dispatcher waits for the database");
      }
      await bell.wait(clock, 250, abort.signal);
    }
  }

  return {
    name: "dispatcher",
    async start() {
      const listener = await db.$client.listen(
        factChannel,
        () => bell.ring(),
        () => bell.ring(),
      );
      unlisten = () => listener.unlisten();
      loop = work();
    },
    async stop() {
      abort.abort();
      bell.ring();
      await unlisten?.().catch(() => {});
      await loop;
    },
    tick,
    async settled() {
      await Promise.all(underWay.values());
    },
  };
}
