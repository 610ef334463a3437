import type { Reaction, Schedule } from "./core/runner.ts";
import type { Undoer } from "./core/undo.ts";
import { oeeReactions } from "./enterprise/oee/oee.reactions.ts";
import { oeeSchedules } from "./enterprise/oee/oee.schedules.ts";
import { adjustmentReactions } from "./execution/adjustments/adjustments.reactions.ts";
import { adjustmentSchedules } from "./execution/adjustments/adjustments.schedules.ts";
import { alarmReactions } from "./execution/alarms/alarms.reactions.ts";
import { alarmSchedules } from "./execution/alarms/alarms.schedules.ts";
import { counterReactions } from "./execution/counters/counters.reactions.ts";
import { type HouseDeps, houseSchedules } from "./execution/house/house.schedules.ts";
import { ingestSchedules } from "./execution/ingest/ingest.schedules.ts";
import { machineStateSchedules } from "./execution/machine-state/machine-state.schedules.ts";
import { definitionUndoers } from "./execution/orders/definition.undo.ts";
import { peopleUndoers } from "./execution/people/people.undo.ts";
import { toolUndoers } from "./execution/tools/tools.undo.ts";
import { plantSchedules } from "./execution/plant/plant.schedules.ts";
import { plantUndoers } from "./execution/plant/plant.undo.ts";
import { reasonUndoers } from "./execution/reasons/reasons.undo.ts";
import { calendarUndoers } from "./execution/shifts/shifts.undo.ts";
import { shiftSchedules } from "./execution/shifts/shifts.schedules.ts";
import { accessReactions } from "./http/access.reactions.ts";
import { accessSchedules } from "./http/access.schedules.ts";
import type { Auth } from "./http/auth.ts";
import type { Routes } from "./http/route.ts";
import { adjustmentsRoutes } from "./http/routes/adjustments.ts";
import { alarmsRoutes } from "./http/routes/alarms.ts";
import { countersRoutes } from "./http/routes/counters.ts";
import { attentionRoutes } from "./http/routes/attention.ts";
import { auditRoutes } from "./http/routes/audit.ts";
import { correctionsRoutes } from "./http/routes/corrections.ts";
import { deadLettersRoutes } from "./http/routes/dead-letters.ts";
import { demoRoutes } from "./http/routes/demo.ts";
import { guidanceRoutes } from "./http/routes/guidance.ts";
import { healthRoutes, type HealthSource } from "./http/routes/health.ts";
import { historyRoutes } from "./http/routes/history.ts";
import { houseRoutes } from "./http/routes/house.ts";
import { importsRoutes } from "./http/routes/imports.ts";
import { machinesRoutes } from "./http/routes/machines.ts";
import { materialsRoutes } from "./http/routes/materials.ts";
import { oeeRoutes } from "./http/routes/oee.ts";
import { ordersRoutes } from "./http/routes/orders.ts";
import { peopleRoutes } from "./http/routes/people.ts";
import { plantRoutes } from "./http/routes/plant.ts";
import { productsRoutes } from "./http/routes/products.ts";
import { reasonsRoutes } from "./http/routes/reasons.ts";
import { reflexesRoutes } from "./http/routes/reflexes.ts";
import { sessionRoutes } from "./http/routes/session.ts";
import { shiftsRoutes } from "./http/routes/shifts.ts";
import { type SourcesDeps, sourcesRoutes } from "./http/routes/sources.ts";
import { stationsRoutes } from "./http/routes/stations.ts";
import { tagsRoutes } from "./http/routes/tags.ts";
import { templatesRoutes } from "./http/routes/templates.ts";
import { toolsRoutes } from "./http/routes/tools.ts";
import type { Bundle } from "./support/bundle.ts";

/** How changes of records are taken back, by feature. */
export const undoers: readonly Undoer[] = [
  ...plantUndoers,
  ...reasonUndoers,
  ...calendarUndoers,
  ...definitionUndoers,
  ...toolUndoers,
  ...peopleUndoers,
];

/** Every feature's routes, in the order of the API's document. */
export function routes(deps: {
  pepper: string;
  health: HealthSource;
  sources: SourcesDeps;
  /** Every consumer of readings, by name. */
  readers: readonly string[];
  support: () => Promise<Bundle>;
}): Routes[] {
  return [
    healthRoutes(deps.health),
    sessionRoutes,
    attentionRoutes,
    machinesRoutes,
    tagsRoutes,
    templatesRoutes,
    sourcesRoutes(deps.sources),
    reflexesRoutes(deps.sources),
    importsRoutes(deps.pepper),
    plantRoutes,
    reasonsRoutes,
    productsRoutes,
    toolsRoutes,
    ordersRoutes,
    materialsRoutes,
    shiftsRoutes,
    alarmsRoutes,
    countersRoutes,
    guidanceRoutes,
    adjustmentsRoutes,
    oeeRoutes,
    correctionsRoutes,
    peopleRoutes(deps.pepper),
    stationsRoutes,
    auditRoutes,
    historyRoutes(undoers),
    deadLettersRoutes,
    houseRoutes(deps.readers, deps.support),
    demoRoutes,
  ];
}

/** What follows facts, in tier order. */
export function reactions(auth: Pick<Auth, "announceEnded">): Reaction[] {
  return [
    ...counterReactions,
    ...alarmReactions,
    ...adjustmentReactions,
    ...oeeReactions,
    ...accessReactions(auth),
  ];
}

/** What happens at a time. */
export function schedules(auth: Pick<Auth, "announceEnded">, house: HouseDeps): Schedule[] {
  return [
    ...ingestSchedules,
    ...houseSchedules(house),
    ...machineStateSchedules,
    ...shiftSchedules,
    ...plantSchedules,
    ...alarmSchedules,
    ...adjustmentSchedules,
    ...oeeSchedules,
    ...accessSchedules(auth),
  ];
}
