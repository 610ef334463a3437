/** Reasons with words of their own; a test holds them to those of the edge. */
const known: ReadonlySet<string> = new Set([
  "unknown_tag",
  "not_a_number",
  "wrong_type",
  "wrong_unit",
  "out_of_range",
  "time_too_old",
  "time_in_future",
  "time_in_seconds",
  "nul_in_text",
  "too_long",
  "unreadable",
]);

/** Every reason there is has words; a whole frame that nobody could decode is one of them. */
export function reasonKey(reason: string): string {
  return `reason.${known.has(reason) ? reason : "frame"}`;
}

/** What a person does about it first. */
export function mendOf(reason: string): "map" | "limits" | "clock" | "device" {
  if (reason === "unknown_tag" || reason === "wrong_type") return "map";
  if (reason === "out_of_range" || reason === "wrong_unit") return "limits";
  return reason.startsWith("time_") ? "clock" : "device";
}
