import type { RefusalCode } from "#server/core/refusal.contract.ts";

/** Codes whose HTTP status is not 409 Conflict ("not now, not so"). */
const special: Partial<Record<RefusalCode, 400 | 401 | 403 | 404 | 413 | 415 | 422 | 429 | 503>> = {
  invalid: 400,
  value_out_of_range: 422,
  out_of_limits: 422,
  reason_needed: 422,
  rows_wrong: 422,
  file_unreadable: 422,
  file_empty: 422,
  too_many_rows: 413,
  too_many_columns: 413,
  column_unknown: 422,
  column_twice: 422,
  column_missing: 422,
  sign_in_needed: 401,
  sign_in_wrong: 401,
  badge_needed: 401,
  badge_unknown: 401,
  badge_lost: 401,
  badge_replaced: 401,
  pin_wrong: 401,
  code_wrong: 401,
  not_allowed: 403,
  not_a_station: 403,
  wrong_origin: 403,
  https_needed: 403,
  own_proposal: 403,
  second_person_needed: 403,
  not_found: 404,
  too_large: 413,
  not_json: 415,
  pin_throttled: 429,
  too_many: 429,
  database_away: 503,
};

/** The one map from refusals to HTTP. */
export function statusOf(code: RefusalCode) {
  return special[code] ?? 409;
}
