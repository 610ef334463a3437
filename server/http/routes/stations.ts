import { z } from "zod";
import {
  changeStation,
  makeStation,
  makeStationCode,
  revokeStation,
} from "#server/execution/people/stations.commands.ts";
import { StationCodeView, StationId, StationView } from "#server/execution/people/stations.contract.ts";
import { listStations } from "#server/execution/people/stations.queries.ts";
import { type ApiRouter, commandRoute, queryRoute } from "../route.ts";

/** Devices on the floor: made, given a code, changed, shut out. */
export function stationsRoutes(api: ApiRouter): void {
  const params = StationId;
  const one = "/stations/:stationId";
  queryRoute(api, {
    path: "/stations",
    action: "station.manage",
    response: z.array(StationView),
    summary: "All stations and when they were last seen",
    run: ({ db, clock }) => listStations(db, clock.now()),
  });
  commandRoute(api, {
    path: "/stations",
    command: makeStation,
    response: StationCodeView,
    summary: "Make a station and its one-time code",
  });
  commandRoute(api, {
    path: one,
    params,
    command: changeStation,
    response: StationId,
    summary: "Change a station",
  });
  commandRoute(api, {
    path: `${one}/code`,
    params,
    command: makeStationCode,
    response: StationCodeView,
    summary: "Make a new one-time code",
  });
  commandRoute(api, {
    path: `${one}/revoke`,
    params,
    command: revokeStation,
    response: StationId,
    summary: "Shut all devices of a station out",
  });
}
