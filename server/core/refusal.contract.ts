/**
 * Why something asked for is not done. The code is from a closed list; the words for each code stand in
 * `messages/<language>.json` under `refusal.<code>` (a test proves each in each language).
 */
export const refusalCodes = [
  "invalid",
  "not_found",
  "not_allowed",
  "sign_in_needed",
  "badge_needed",
  "badge_unknown",
  "pin_wrong",
  "pin_throttled",
  "code_wrong",
  "conflict",
  "too_large",
  "not_json",
  "wrong_origin",
  "too_many",
  "database_away",
  "reason_needed",
  "already_decided",
  "own_proposal",
  "second_person_needed",
  "expired",
  "held",
  "guard_open",
  "maintenance_lock",
  "not_remote",
  "permissive_missing",
  "no_station_online",
  "out_of_limits",
  "step_too_large",
  "rate_too_high",
  "other_change_outstanding",
  "alarm_on_target",
  "input_not_fresh",
  "setpoint_moved",
  "automation_off",
  "automation_suspended",
  "authority_too_low",
  "never_shelved",
  "edge_away",
  "edge_not_storing",
  "wrong_state",
  "job_running",
  "no_job",
  "lot_on_hold",
  "lot_mismatch",
  "step_not_done",
  "value_out_of_range",
  "already_taken",
  "last_administrator",
  "sign_in_wrong",
  "https_needed",
  "not_a_station",
  "site_needed",
  "unknown_time_zone",
  "shift_overlap",
  "shifts_at_once",
  "day_over",
  "day_said",
  "time_over",
  "shift_begun",
  "change_planned",
  "pattern_ended",
  "break_outside_shift",
  "too_many_reasons",
  "reason_in_use",
  "group_not_empty",
  "not_manual",
  "has_source",
  "meaning_taken",
  "is_manual",
  "unit_mismatch",
  "datatype_mismatch",
  "unknown_word",
  "reflex_needs_number",
  "value_unfit",
  "stop_needs_tag",
  "stop_at_other_edge",
  "risk_assessment_needed",
  "order_on_hold",
  "order_closed",
  "order_running",
  "order_started",
  "order_not_started",
  "below_made",
  "run_overlaps",
  "preview_changed",
  "later_correction",
  "nothing_changes",
  "lot_not_on_job",
  "backup_running",
  "rollups_shorter",
  "file_unreadable",
  "file_empty",
  "too_many_rows",
  "too_many_columns",
  "column_unknown",
  "column_twice",
  "column_missing",
  "cells_too_many",
  "cell_needed",
  "cell_too_long",
  "cell_differs",
  "row_twice",
  "not_a_number",
  "number_ambiguous",
  "number_too_small",
  "number_too_large",
  "not_one_of",
  "code_malformed",
  "time_malformed",
  "name_unknown",
  "not_changeable",
  "belongs_together",
  "rows_wrong",
  "operation_twice",
  "operation_nowhere",
  "routing_needed",
  "bill_circle",
  "tool_mounted",
  "tool_place_taken",
  "tool_retired",
  "cavities_too_many",
  "cavities_unknown",
  "skill_retired",
  "badge_in_use",
  "badge_lost",
  "badge_replaced",
  "not_undoable",
  "already_undone",
  "changed_since",
  "changed_otherwise",
  "record_in_use",
  "jobs_planned",
  "already_used",
  "asset_is_tool",
  "asset_name_needed",
  "before_last_move",
  "put_away",
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

/** Values named in the words of a refusal, e.g. `{ limit: 210, unit: "°C" }`. */
export type RefusalParams = Readonly<Record<string, string | number>>;

export interface RefusalView {
  readonly code: RefusalCode;
  readonly params: RefusalParams;
  /** The input field it is about, as a dotted path. */
  readonly field?: string;
}

/** Thrown by commands, returned by `whyNot…` rules. Anything else that is thrown is a bug. */
export class Refusal extends Error implements RefusalView {
  readonly code: RefusalCode;
  readonly params: RefusalParams;
  declare readonly field?: string;

  constructor(code: RefusalCode, params: RefusalParams = {}, field?: string) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.params = params;
    if (field !== undefined) this.field = field;
  }

  toJSON(): RefusalView {
    return this.field === undefined
      ? { code: this.code, params: this.params }
      : { code: this.code, params: this.params, field: this.field };
  }
}
