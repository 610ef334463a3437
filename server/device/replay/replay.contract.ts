import { z } from "zod";

/** A metric's name: no control characters. */
const Metric = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]+$/u, "may not contain control characters");

/** A path below the edge's folder of recordings: names parted by `/`, none of them hidden or leading upwards. */
const File = z
  .string()
  .max(512)
  .regex(/^(?:[^./\\\p{Cc}][^/\\\p{Cc}]*\/){0,8}[^./\\\p{Cc}][^/\\\p{Cc}]*\.csv$/u, {
    message: "is a .csv file below the edge's folder of recordings, without .. or a leading /",
  });

/** One row is one reading. What is named here are columns of the file's first line. */
const Long = z.strictObject({
  kind: z.literal("long"),
  time: Metric.default("time"),
  metric: Metric.default("metric"),
  value: Metric.default("value"),
  /** Columns that a recording may do without: then every reading is good and says no unit. */
  quality: Metric.default("quality"),
  unit: Metric.default("unit"),
});

/** One row is one moment: every column but the time is a metric, an empty cell says nothing. */
const Wide = z.strictObject({
  kind: z.literal("wide"),
  time: Metric.default("time"),
  /** Unit of a column, where the recording's reader knows it. */
  units: z.record(Metric, z.string().min(1).max(32)).default({}),
  /** Columns that are no metrics, e.g. labels. */
  without: z.array(Metric).max(1000).default([]),
});

const Zone = z.string().max(64).refine(isZone, "is no time zone, e.g. Europe/Berlin");

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** `config` of a source whose driver is `replay`: one CSV recording and how it is played. */
export const ReplayConfig = z
  .strictObject({
    file: File,
    delimiter: z.enum([",", ";", "\t", "|"]).default(","),
    /** What stands before the decimals. */
    decimal: z.enum([".", ","]).default("."),
    layout: z.discriminatedUnion("kind", [Long, Wide]).default({
      kind: "long",
      time: "time",
      metric: "metric",
      value: "value",
      quality: "quality",
      unit: "unit",
    }),
    /** "iso" = 2026-11-22T06:00:00.250Z; else a number of milliseconds or seconds since 1970. */
    time: z.enum(["iso", "ms", "s"]).default("iso"),
    /** Where the clock hung whose times have no offset. Without it such a row is unreadable: nobody guesses a zone. */
    zone: Zone.optional(),
    /** Metrics that are text even where they look like a number. */
    texts: z.array(Metric).max(1000).default([]),
    /** 1 = as fast as it was recorded, N = N times as fast, 0 or "max" = as fast as the edge stores it. */
    speed: z.union([z.number().min(0).max(100_000), z.literal("max")]).default(1),
    /** "now" = shifted so that the first row is now: live. "kept" = the recording's own times: historical. */
    times: z.enum(["now", "kept"]).default("now"),
    /** How often it is played; 0 = for ever. */
    loops: z.number().int().min(0).max(1_000_000).default(1),
    /** The longest silence between two rows that is waited for, ms; a longer one is cut to it. */
    maxPauseMs: z.number().int().min(10).max(86_400_000).default(3_600_000),
    /** Another number plays the same recording anew, from its first row. */
    run: z.number().int().min(1).max(1_000_000).default(1),
  })
  .superRefine((config, context) => {
    const wrong = whyWrong(config);
    if (wrong !== null) context.addIssue({ code: "custom", message: wrong });
  });
export type ReplayConfig = z.infer<typeof ReplayConfig>;
/** As it stands in the database: what is left out gets its default. */
export type ReplayConfigInput = z.input<typeof ReplayConfig>;

function whyWrong(config: {
  delimiter: string;
  decimal: string;
  speed: number | "max";
  times: "now" | "kept";
  loops: number;
}): string | null {
  const { delimiter, decimal, speed, times, loops } = config;
  if (delimiter === decimal) return "the delimiter and the decimal sign are the same";
  if (times === "now" && (speed === 0 || speed === "max"))
    return "played as fast as possible a recording has no present: keep its times, or give it a speed";
  if (times === "kept" && loops !== 1) return "with its times kept, a second loop would say the same again";
  return null;
}
