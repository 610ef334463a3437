import { z } from "zod";
import { rowIdInPath } from "#server/core/number.contract.ts";
import { endManual, makeManual } from "#server/execution/manual/manual.commands.ts";
import {
  addArea,
  changeArea,
  orderLine,
  setAreaUse,
  setLineUse,
  setMachineUse,
} from "#server/execution/plant/areas.commands.ts";
import {
  addLine,
  addMachine,
  changeLine,
  changeMachine,
  setSite,
} from "#server/execution/plant/plant.commands.ts";
import { AddMachine, ChangeLine, ChangeMachine, PlantView } from "#server/execution/plant/plant.contract.ts";
import { placeAsset, removeAsset } from "#server/execution/plant/assets.commands.ts";
import { PlaceAsset, PlacedAsset, RemoveAsset } from "#server/execution/plant/assets.contract.ts";
import { assetsAt } from "#server/execution/plant/assets.queries.ts";
import { readPlant } from "#server/execution/plant/plant.queries.ts";
import { SetupView } from "#server/execution/setup/setup.contract.ts";
import { readSetup } from "#server/execution/setup/setup.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const Area = z.object({ areaId: rowIdInPath() });
const Line = z.object({ lineId: rowIdInPath() });
const Machine = z.object({ machineId: rowIdInPath() });

/** What a plant consists of: its works, lines and machines, and how far it is set up. */
export const plantRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/setup",
    action: "admin.look",
    response: SetupView,
    summary: "How far the plant is set up, step by step until its first OEE",
    run: ({ db, clock }) => readSetup(db, clock.now()),
  });
  queryRoute(api, {
    path: "/plant",
    action: "admin.look",
    response: PlantView,
    summary: "The equipment tree with the limits of each machine",
    run: ({ db }) => readPlant(db),
  });
  commandRoute(api, {
    path: "/plant/site",
    command: setSite,
    response: z.object({ siteId: z.number() }),
    summary: "Name the works and its time zone",
  });
  commandRoute(api, {
    path: "/plant/lines",
    command: addLine,
    response: z.object({ lineId: z.number() }),
    summary: "Add a line",
  });
  commandRoute(api, {
    path: "/plant/lines/:lineId",
    params: Line,
    command: changeLine,
    body: ChangeLine.omit({ lineId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: z.object({ lineId: z.number() }),
    summary: "Name a line anew, or put it into an area",
  });
  commandRoute(api, {
    path: "/plant/lines/:lineId/order",
    params: Line,
    command: orderLine,
    response: z.object({ lineId: z.number() }),
    summary: "The order in which the product passes the machines of a line",
  });
  commandRoute(api, {
    path: "/plant/lines/:lineId/use",
    params: Line,
    command: setLineUse,
    response: z.object({ lineId: z.number() }),
    summary: "Put a line away, or take it into use again",
  });
  commandRoute(api, {
    path: "/plant/areas",
    command: addArea,
    response: z.object({ areaId: z.number() }),
    summary: "Add an area",
  });
  commandRoute(api, {
    path: "/plant/areas/:areaId",
    params: Area,
    command: changeArea,
    response: z.object({ areaId: z.number() }),
    summary: "Name an area anew",
  });
  commandRoute(api, {
    path: "/plant/areas/:areaId/use",
    params: Area,
    command: setAreaUse,
    response: z.object({ areaId: z.number() }),
    summary: "Put an area away, or take it into use again",
  });
  commandRoute(api, {
    path: "/plant/machines/:machineId/use",
    params: Machine,
    command: setMachineUse,
    response: z.object({ machineId: z.number() }),
    summary: "Put a machine away, or take it into use again",
  });
  commandRoute(api, {
    path: "/plant/machines",
    command: addMachine,
    body: AddMachine,
    response: z.object({ machineId: z.number() }),
    summary: "Add a machine to a line",
  });
  commandRoute(api, {
    path: "/plant/machines/:machineId",
    params: Machine,
    command: changeMachine,
    body: ChangeMachine.omit({ machineId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: z.object({ machineId: z.number() }),
    summary: "Change a machine's name, place or limits",
  });
  commandRoute(api, {
    path: "/plant/machines/:machineId/manual",
    params: Machine,
    command: makeManual,
    body: z.object({}),
    input: ({ params }) => params,
    response: z.object({ machineId: z.number() }),
    summary: "People speak for this machine",
  });
  commandRoute(api, {
    path: "/plant/machines/:machineId/manual/end",
    params: Machine,
    command: endManual,
    body: z.object({}),
    input: ({ params }) => params,
    response: z.object({ machineId: z.number() }),
    summary: "End the entry by hand of a machine, so that a source may speak for it",
  });
  queryRoute(api, {
    path: "/plant/machines/:machineId/assets",
    params: Machine,
    action: "plant.manage",
    response: z.array(PlacedAsset),
    summary: "The physical machines that stood at a place, newest first",
    run: ({ db, input }) => assetsAt(db, input.machineId),
  });
  commandRoute(api, {
    path: "/plant/machines/:machineId/asset",
    params: Machine,
    command: placeAsset,
    body: PlaceAsset.omit({ machineId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: z.object({ assetId: z.string() }),
    summary: "Say which physical machine stands at a place, since when",
  });
  commandRoute(api, {
    path: "/plant/machines/:machineId/asset/remove",
    params: Machine,
    command: removeAsset,
    body: RemoveAsset.omit({ machineId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: z.object({ machineId: z.number() }),
    summary: "Say that nothing stands at a place any more",
  });
};
