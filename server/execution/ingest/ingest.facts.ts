import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";
import { EdgeEvent } from "#server/edge/uplink.contract.ts";

/**
 * What an edge told beside readings: gap, reflex, birth, death, answer of an actuation. Written by the database
 * function `ingest_events`, in the same transaction as the event and its cursor: exactly once.
 */
export const edgeEventFact = defineFact(
  "edge.event",
  z.object({
    edgeId: z.number().int(),
    /** Row of `edge_event`. */
    eventId: z.number().int(),
    kind: EdgeEvent.shape.kind,
    /** Source time, ms. */
    at: z.number(),
    sourceId: z.number().int().nullable(),
    machineId: z.number().int().nullable(),
    /** It comes from a backlog: no live alarm may follow. */
    historical: z.boolean(),
    data: z.record(z.string(), z.unknown()),
  }),
);

/** A metric that no tag names was seen for the first time. */
export const metricDiscoveredFact = defineFact(
  "metric.discovered",
  z.object({ sourceId: z.number().int(), metrics: z.array(z.string()) }),
);
