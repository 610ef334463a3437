import { z } from "zod";
import type { Db } from "#db/client.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { shelveAlarm, takeAlarm, unshelveAlarm } from "#server/execution/alarms/alarms.commands.ts";
import { AlarmCard, AlarmFilter, AlarmView } from "#server/execution/alarms/alarms.contract.ts";
import { findAlarm, listAlarms } from "#server/execution/alarms/alarms.queries.ts";
import { startInstruction } from "#server/execution/guidance/guidance.commands.ts";
import { InstructionRunView } from "#server/execution/guidance/guidance.contract.ts";
import { type ApiRouter, commandRoute, queryRoute } from "../route.ts";
import { runView } from "./guidance.ts";

const One = z.object({ alarmId: z.uuid() });

/** Alarms (ISA-18.2): looked at by anybody at a station, taken by name, put aside by a supervisor. */
export function alarmsRoutes(api: ApiRouter): void {
  const params = One;
  const one = "/alarms/:alarmId";
  queryRoute(api, {
    path: "/alarms",
    action: "floor.look",
    query: AlarmFilter,
    response: z.array(AlarmCard),
    summary: "Alarms, most urgent first; of one machine (by code) or of the plant",
    shared: true,
    run: ({ db, input }) => listAlarms(db, input),
  });
  queryRoute(api, {
    path: one,
    params,
    action: "floor.look",
    response: AlarmView,
    summary: "An alarm with its journal",
    run: ({ db, input }) => alarmView(db, input.alarmId),
  });
  commandRoute(api, {
    path: `${one}/take`,
    params,
    command: takeAlarm,
    response: AlarmView,
    summary: "Take it: acknowledge this occurrence by name",
    view: ({ alarmId }, { db }) => alarmView(db, alarmId),
  });
  commandRoute(api, {
    path: `${one}/shelve`,
    params,
    command: shelveAlarm,
    response: AlarmView,
    summary: "Put it aside for a while, with a reason",
    view: ({ alarmId }, { db }) => alarmView(db, alarmId),
  });
  commandRoute(api, {
    path: `${one}/unshelve`,
    params,
    command: unshelveAlarm,
    response: AlarmView,
    summary: "Take it back before its time",
    view: ({ alarmId }, { db }) => alarmView(db, alarmId),
  });
  commandRoute(api, {
    path: `${one}/instruction`,
    params,
    command: startInstruction,
    response: InstructionRunView,
    summary: "Open its instruction, or go on with the run that was begun elsewhere",
    view: ({ runId }, { db }) => runView(db, runId),
  });
}

async function alarmView(db: Db, id: string): Promise<AlarmView> {
  const found = await findAlarm(db, id);
  if (found === null) throw new Refusal("not_found");
  return found;
}
