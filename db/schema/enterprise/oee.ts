import {
  bigint,
  boolean,
  date,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { tstzrange } from "../../types.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** One record a machine and shift; all times in ms. A closed one never changes: a restatement is a newer version. */
export const oeeShift = pgTable(
  "oee_shift",
  {
    machineId: integer("machine_id").notNull(),
    shiftId: bigint("shift_id", { mode: "number" }).notNull(),
    version: integer("version").notNull(),
    lineId: integer("line_id").notNull(),
    shiftName: text("shift_name").notNull(),
    productionDay: date("production_day").notNull(),
    during: tstzrange("during").notNull(),
    closed: boolean("closed").notNull(),
    ruleVersion: integer("rule_version").notNull(),
    computedAt: instant("computed_at").notNull(),
    supersededAt: instant("superseded_at"),
    pot: doublePrecision("pot").notNull(),
    plannedDown: doublePrecision("planned_down").notNull(),
    noData: doublePrecision("no_data").notNull(),
    pbt: doublePrecision("pbt").notNull(),
    apt: doublePrecision("apt").notNull(),
    aust: doublePrecision("aust").notNull(),
    adet: doublePrecision("adet").notNull(),
    adot: doublePrecision("adot").notNull(),
    microStop: doublePrecision("micro_stop").notNull(),
    good: bigint("good", { mode: "number" }).notNull(),
    scrap: bigint("scrap", { mode: "number" }).notNull(),
    cycles: bigint("cycles", { mode: "number" }).notNull(),
    idealMs: doublePrecision("ideal_ms").notNull(),
    idealGoodMs: doublePrecision("ideal_good_ms").notNull(),
    withoutStandard: bigint("without_standard", { mode: "number" }).notNull(),
    stops: integer("stops").notNull(),
    microStops: integer("micro_stops").notNull(),
    reasons: jsonb("reasons")
      .$type<readonly { code: string | null; name: string | null; ms: number; stops: number }[]>()
      .notNull()
      .default([]),
    manual: boolean("manual").notNull().default(false),
    /** Which correction restated it, by whom and why; null = late data did, or nobody. */
    correctionId: uuid("correction_id"),
    restatedBy: text("restated_by"),
    restateReason: text("restate_reason"),
  },
  (t) => [primaryKey({ columns: [t.machineId, t.shiftId, t.version] })],
);

/**
 * Closed shifts whose past changed since.
 * @public read by raw SQL; the drift test compares this mirror
 */
export const oeeDirty = pgTable(
  "oee_dirty",
  {
    machineId: integer("machine_id").notNull(),
    shiftId: bigint("shift_id", { mode: "number" }).notNull(),
    since: instant("since").notNull(),
    correctionId: uuid("correction_id"),
  },
  (t) => [primaryKey({ columns: [t.machineId, t.shiftId] })],
);
