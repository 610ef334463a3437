import { z } from "zod";
import { instantInPath } from "#server/core/number.contract.ts";
import { ContextBand } from "../context/context.contract.ts";
import { TagView } from "./tags.contract.ts";

/** Most points of one trend; a screen asks for as many as it has pixels. */
export const maxTrendPoints = 4000;

export const TrendQuery = z.object({
  from: instantInPath(),
  to: instantInPath(),
  /** Pixels of the chart. */
  points: z.coerce.number().int().min(10).max(maxTrendPoints).default(1000),
});

/**
 * One tag over a stretch of source time, at most one point a pixel with its least and greatest value, so that no
 * spike is lost. Columns of equal length; a null value is a gap, drawn as one.
 */
export const TrendView = z.object({
  tag: TagView,
  from: z.number(),
  to: z.number(),
  /** Length of what stands behind one point, ms; null = the readings themselves. */
  resolutionMs: z.number().nullable(),
  at: z.array(z.number()),
  /** Time-weighted mean, or the reading itself. */
  value: z.array(z.number().nullable()),
  min: z.array(z.number().nullable()),
  max: z.array(z.number().nullable()),
  /** Changes of a text tag; empty for numbers. `null` = no value. */
  texts: z.array(z.object({ at: z.number(), text: z.string().nullable() })),
  /** What ran meanwhile on this machine. */
  bands: z.array(ContextBand),
});
export type TrendView = z.infer<typeof TrendView>;
