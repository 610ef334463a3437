import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** What a person may do, or whether at all, has changed. */
export const personChanged = defineFact("person.changed", z.object({ personId: z.uuid() }));

/** A station got other machines or settings, or its devices were shut out. */
export const stationChanged = defineFact(
  "station.changed",
  z.object({ stationId: z.uuid(), revoked: z.boolean() }),
);
