import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";
import { AlarmCard } from "./alarms.contract.ts";

const WithCard = z.object({ alarmId: z.uuid(), machineId: z.number().int().nullable(), card: AlarmCard });

/** Scope `machine:<id>`, or `plant` where no machine is meant. The card is what the station draws at once. */
export const alarmRaised = defineFact("alarm.raised", WithCard);
export const alarmChanged = defineFact("alarm.changed", WithCard);
